// The review of a proposal: VS Code's own multi-file diff, with lenses to take it or a part of it.
import { CodeLens, type CodeLensProvider, commands, EventEmitter, languages, Range, type Tab, type TextDocument, type TextDocumentContentProvider, Uri, window, workspace } from 'vscode';
import { type Desk, keyOf, naming } from './desk';
import type { ChangedFile, Hunk, Proposal } from './protocol';
import type { Server } from './server';

const BEFORE = 'aid-before';
const AFTER = 'aid-after';
const TITLE = 'AID: proposal ';

export class Review implements TextDocumentContentProvider, CodeLensProvider {
  /** What is being reviewed, with its texts. */
  current?: Proposal;
  private readonly lenses = new EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.lenses.event;

  constructor(private readonly server: Server, private readonly desk: Desk) {
    for (const scheme of [BEFORE, AFTER]) workspace.registerTextDocumentContentProvider(scheme, this);
    languages.registerCodeLensProvider({ scheme: AFTER }, this);
    window.tabGroups.onDidChangeTabs(({ closed }) => {
      const active = window.tabGroups.activeTabGroup.activeTab;
      void commands.executeCommand('setContext', 'aid.reviewing', active !== undefined && ours(active));
      if (this.current && closed.some(ours) && this.desk.find(keyOf(this.current))) this.desk.report(this.current, 'dismissed');
    });
    desk.onChange(() => void this.follow());
  }

  async open(proposal: Proposal): Promise<void> {
    const whole = await this.server.run<Proposal>('aid.proposal', { ...naming(proposal), texts: true });
    await this.close();
    this.current = whole;
    const files = whole.files.map((file) => [
      Uri.parse(file.uri),
      typeof file.before === 'string' ? side(BEFORE, whole, file) : undefined,
      typeof file.after === 'string' ? side(AFTER, whole, file) : undefined,
    ]);
    await commands.executeCommand('vscode.changes', `${TITLE}${whole.proposal}, ${whole.headline}`, files);
    this.desk.report(whole, 'opened', whole.files.length);
  }

  /** Closes the tab: it would keep its title and content for ever. */
  async close(): Promise<void> {
    this.current = undefined;
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs).filter(ours);
    if (tabs.length) await window.tabGroups.close(tabs, true);
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const { proposal = '', root = '', path } = JSON.parse(uri.query) as Record<string, string>;
    const known = this.current && keyOf(this.current) === keyOf({ proposal, root }) ? this.current : undefined;
    const whole = known ?? (await this.server.run<Proposal>('aid.proposal', { ...naming({ proposal, root }), texts: true }));
    const file = whole.files.find((one) => one.path === path);
    return (uri.scheme === BEFORE ? file?.before : file?.after) ?? '';
  }

  provideCodeLenses(document: TextDocument): CodeLens[] {
    const { path } = JSON.parse(document.uri.query) as { path: string };
    const file = this.current?.files.find((one) => one.path === path);
    if (!this.current || !file) return [];
    const key = keyOf(this.current);
    const lens = (line: number, title: string, command: string, ...rest: unknown[]) =>
      new CodeLens(new Range(line, 0, line, 0), { title, command: `aid.review.${command}`, arguments: [key, ...rest] });
    // At the hunks: lines that do not change are folded away, and a lens with them.
    const hunks: Hunk[] = Array.isArray(file.hunks) ? file.hunks : [];
    const lineOf = (hunk?: Hunk) => Math.max(0, (hunk?.new_start ?? 1) - 1);
    const many = this.current.files.length > 1;
    return [
      lens(lineOf(hunks[0]), many ? `Accept all ${this.current.files.length} files` : 'Accept', 'accept'),
      ...(many ? [lens(lineOf(hunks[0]), 'Accept this file', 'acceptFile', path)] : []),
      lens(lineOf(hunks[0]), 'Reject', 'reject'),
      lens(lineOf(hunks[0]), 'Refine…', 'refine'),
      ...(hunks.length > 1 ? hunks.map((hunk) => lens(lineOf(hunk), 'Accept this hunk', 'acceptHunk', path, hunk.id)) : []),
    ];
  }

  /** Shows what is left of a proposal, and nothing of one that is decided. */
  private async follow(): Promise<void> {
    if (!this.current || !this.server.running) return;
    const now = this.desk.find(keyOf(this.current));
    if (!now) await this.close();
    else if (now.revision !== this.current.revision && now.verdict) await this.open(now);
  }
}

function side(scheme: string, proposal: Proposal, file: ChangedFile): Uri {
  const query = JSON.stringify({ proposal: proposal.proposal, root: proposal.root, path: file.path, revision: proposal.revision });
  return Uri.from({ scheme, path: `/${file.path}`, query });
}

const ours = (tab: Tab): boolean => tab.label.startsWith(TITLE);
