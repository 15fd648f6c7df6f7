// AID in VS Code: starts the server, shows what it says, reports what the user decides. All logic is in the server.
import { commands, type ExtensionContext, languages, window, workspace } from 'vscode';
import { Chips, plain, said } from './chips';
import { Desk, keyOf, told } from './desk';
import { openPage } from './page';
import type { Proposal } from './protocol';
import { Review } from './review';
import { Server } from './server';
import { Sidebar } from './sidebar/sidebar';
import { statusBar } from './statusBar';

interface Argument { proposal?: string; instruction?: string; comment?: boolean }

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('AID', { log: true });
  // Code actions and lenses of the server come by here: what asks for words goes to the sidebar, what decides to the desk.
  const server = new Server(context, log, {
    executeCommand: async (command, args, next) => {
      const argument = (args[0] ?? {}) as Argument;
      const proposal = desk.proposals.find((one) => one.proposal === argument.proposal);
      if (command === 'aid.change' && !argument.instruction && !argument.comment) return sidebar.describe();
      if (command === 'aid.change' || command === 'aid.fix') return told(desk.ask(command, argument));
      if (command === 'aid.show' && proposal) return review.open(proposal);
      if (command === 'aid.accept' && proposal) return told(desk.accept(proposal));
      if (command === 'aid.reject' && proposal) return told(desk.reject(proposal));
      if (command === 'aid.refine' && proposal) return argument.instruction ? told(desk.refine(proposal, argument.instruction)) : refining(proposal);
      return next(command, args) as unknown;
    },
  });
  const desk = new Desk(server);
  const review = new Review(server, desk);
  const chips = new Chips();
  const sidebar = new Sidebar(context, server, desk, review, chips);
  const refining = (proposal: Proposal) => sidebar.describe({ key: keyOf(proposal), number: proposal.proposal });

  /** A command about a proposal: the one named, else the one under review, else the newest. */
  const about = (name: string, act: (proposal: Proposal, ...rest: string[]) => Promise<unknown>) =>
    commands.registerCommand(`aid.review.${name}`, (key?: unknown, ...rest: string[]) => {
      const named = typeof key === 'string' ? key : review.current && keyOf(review.current);
      const proposal = desk.find(named) ?? desk.find(undefined);
      return told(proposal ? act(proposal, ...rest) : Promise.reject(new Error('No proposal is open.')));
    });

  context.subscriptions.push(
    log, statusBar(server), { dispose: () => void server.stop() },
    window.registerWebviewViewProvider('aid.sidebar', sidebar, { webviewOptions: { retainContextWhenHidden: true } }),
    desk.onArrival((proposal) => {
      if (workspace.getConfiguration('aid').get('client.review') === 'always') void told(review.open(proposal));
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('aid.client.command')) void server.start();
    }),
    about('open', (proposal) => review.open(proposal)),
    about('accept', (proposal) => desk.accept(proposal)),
    about('acceptFile', (proposal, path = '') => desk.accept(proposal, { files: [path] })),
    about('acceptHunk', (proposal, path = '', id = '') => desk.accept(proposal, { hunks: [{ path, id }] })),
    about('reject', (proposal) => desk.reject(proposal)),
    about('refine', refining),
    commands.registerCommand('aid.describe', (text?: unknown) => sidebar.describe(undefined, typeof text === 'string' ? text : undefined)),
    commands.registerCommand('aid.fixHere', () => told(fixHere(desk))),
    commands.registerCommand('aid.stop', () => told(server.run('aid.cancel'))),
    commands.registerCommand('aid.openPage', () => told(openPage(server, 'aid.page', here()))),
    commands.registerCommand('aid.client.restart', () => told(server.start())),
    commands.registerCommand('aid.client.log', () => log.show()),
  );

  void begin(context, server);
}

async function begin(context: ExtensionContext, server: Server): Promise<void> {
  await server.start();
  if (!server.problem) return;
  const choice = await window.showErrorMessage(`AID: ${server.problem}`, 'How to Install', 'Settings');
  if (choice === 'How to Install') void commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#start`);
  if (choice === 'Settings') void commands.executeCommand('workbench.action.openSettings', 'aid.client.command');
}

/** Fixes the error at the cursor, or the first one of the file. */
async function fixHere(desk: Desk): Promise<void> {
  const editor = window.activeTextEditor;
  if (!editor) return;
  const errors = languages.getDiagnostics(editor.document.uri).filter((one) => one.severity === 0);
  const error = errors.find((one) => one.range.intersection(editor.selection)) ?? errors[0];
  if (!error) return void window.showInformationMessage('AID: this file has no error.');
  await desk.ask('aid.fix', { uri: editor.document.uri.toString(), range: plain(error.range), version: editor.document.version, diagnostic: said(error) });
}

/** The place of the cursor, where that is in a file. */
function here(): object {
  const editor = window.activeTextEditor;
  return editor?.document.uri.scheme === 'file' ? { uri: editor.document.uri.toString(), range: plain(editor.selection) } : {};
}
