// The build in the status bar.
import { StatusBarAlignment, type StatusBarItem, ThemeColor, window } from 'vscode';
import type { Build } from './protocol';
import type { Server } from './server';

export function statusBar(server: Server): StatusBarItem {
  const item = window.createStatusBarItem('aid.build', StatusBarAlignment.Left, 50);
  item.name = 'AID: build';
  const show = () => {
    const builds = [...server.statuses.values()].map((status) => status.build);
    const worst = (['red', 'building', 'unknown', 'green'] as const).map((state) => builds.find((one) => one.state === state)).find(Boolean);
    item.text = server.problem ? '$(warning) AID' : worst ? textOf(worst) : server.running ? '$(check) AID' : '$(loading~spin) AID';
    item.tooltip = server.problem || (worst && tooltipOf(worst)) || 'AID';
    item.command = worst?.state === 'red' ? 'workbench.actions.view.problems' : 'aid.sidebar.focus';
    item.backgroundColor = server.problem ? new ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: item.text.replace(/\$\([^)]*\) /, '') };
  };
  server.onChange(show);
  show();
  item.show();
  return item;
}

function textOf(build: Build): string {
  const errors = build.errors === 1 ? '1 error' : `${build.errors} errors`;
  return { red: `$(error) AID: ${errors}`, building: '$(loading~spin) AID: building', unknown: '$(question) AID', green: '$(pass) AID: green' }[build.state];
}

function tooltipOf(build: Build): string {
  const warnings = build.warnings ? `, ${build.warnings} ${build.warnings === 1 ? 'warning' : 'warnings'}` : '';
  return `The build is ${build.state}${warnings}${build.source ? ` (${build.source})` : ''}. ${build.note}`.trim();
}
