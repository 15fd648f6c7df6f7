// The sidebar: the host's side of the page.
import { randomBytes } from 'node:crypto';
import { commands, type ExtensionContext, languages, Uri, type WebviewView, type WebviewViewProvider, window } from 'vscode';
import type { Chips } from '../chips';
import { type Desk, keyOf, told } from '../desk';
import { openPage } from '../page';
import type { Review } from '../review';
import type { Server } from '../server';
import type { FromPage, Shown, ToPage } from './messages';

const LONGEST_HISTORY = 50;

export class Sidebar implements WebviewViewProvider {
  private view?: WebviewView;
  private ready = false;
  private waiting: ToPage[] = [];
  private last = '';
  private quiet?: NodeJS.Timeout;

  constructor(private readonly context: ExtensionContext, private readonly server: Server, private readonly desk: Desk,
    private readonly review: Review, private readonly chips: Chips) {
    desk.onChange(() => this.show());
    window.onDidChangeActiveTextEditor(() => this.show());
    window.onDidChangeTextEditorSelection(() => this.showSoon());
    languages.onDidChangeDiagnostics(() => this.showSoon());
  }

  resolveWebviewView(view: WebviewView): void {
    const media = Uri.joinPath(this.context.extensionUri, 'media');
    const dist = Uri.joinPath(this.context.extensionUri, 'dist');
    const nonce = randomBytes(16).toString('base64');
    const at = (uri: Uri) => view.webview.asWebviewUri(uri).toString();
    this.view = view;
    this.ready = false;
    view.onDidDispose(() => (this.view = undefined));
    view.webview.options = { enableScripts: true, localResourceRoots: [media, dist] };
    view.webview.onDidReceiveMessage((message: FromPage) => void told(this.take(message)));
    view.webview.html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${view.webview.cspSource}; script-src 'nonce-${nonce}'">
      <link rel="stylesheet" href="${at(Uri.joinPath(media, 'sidebar.css'))}"><title>AID</title></head>
      <body><main id="page"></main><script nonce="${nonce}" src="${at(Uri.joinPath(dist, 'sidebar.js'))}"></script></body></html>`;
  }

  /** Puts the cursor into the input; with a proposal, to refine it. */
  async describe(refine?: { key: string; number: string }, text?: string): Promise<void> {
    this.post({ focus: true, refine, text });
    await commands.executeCommand('aid.sidebar.focus');
  }

  private async take(message: FromPage): Promise<void> {
    switch (message.do) {
      case 'ready': {
        this.ready = true;
        this.last = '';
        this.show();
        for (const each of this.waiting.splice(0)) this.post(each);
        return;
      }
      case 'retry': return this.server.start();
      case 'help': return void commands.executeCommand('workbench.action.openWalkthrough', `${this.context.extension.id}#start`);
      case 'settings': return void commands.executeCommand('workbench.action.openSettings', 'aid.client.command');
      case 'send': return this.send(message.text, message.ask, message.refine);
      case 'remove-chip': this.chips.remove(message.id); return this.show();
      case 'cancel': return void (await this.server.run('aid.cancel', { job: message.id }));
      case 'force': return this.desk.force(message.id);
    }
    const proposal = this.desk.find(message.key);
    if (!proposal) return;
    switch (message.do) {
      case 'review': return this.review.open(proposal);
      case 'accept': return this.desk.accept(proposal);
      case 'accept-file': return this.desk.accept(proposal, { files: [message.path] });
      case 'reject': return this.desk.reject(proposal);
    }
  }

  private async send(text: string, ask: boolean, refine?: string): Promise<void> {
    const history = this.context.workspaceState.get<string[]>('history', []).filter((one) => one !== text);
    await this.context.workspaceState.update('history', [...history, text].slice(-LONGEST_HISTORY));
    const attachments = this.chips.attachments();
    const place = attachments.find((one) => one.kind === 'selection') ?? attachments.find((one) => one.kind === 'file');
    const where = place && { uri: place.uri, range: place.range, version: place.version };
    try {
      const proposal = refine === undefined ? undefined : this.desk.find(refine);
      if (proposal) await this.desk.refine(proposal, text);
      else if (ask) await openPage(this.server, 'aid.ask', { ...where, question: text });
      else await this.desk.ask('aid.change', { ...where, instruction: text, attachments });
    } catch (error) {
      this.post({ failed: true });
      throw error;
    } finally {
      this.chips.reset();
      this.show();
    }
  }

  private showSoon(): void {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.show(), 80);
  }

  private show(): void {
    const jobs = this.server.jobs;
    const reviewed = this.review.current && keyOf(this.review.current);
    const shown: Shown = {
      problem: this.server.problem,
      starting: !this.server.running && !this.server.problem,
      chips: this.chips.now(),
      jobs: jobs
        .filter((job, index) => job.state === 'running' || (job.state !== 'done' && index === jobs.length - 1))
        .map((job) => ({ id: job.job, title: job.title, state: job.state, message: job.message, cancellable: job.cancellable, forcible: this.desk.forcible(job) })),
      proposals: this.desk.proposals.map((one) => ({
        key: keyOf(one), number: one.proposal, state: one.verdict?.state ?? 'judging', headline: one.headline, instruction: one.instruction,
        understood: one.understood, size: one.size, reviewed: keyOf(one) === reviewed,
        files: one.files.map(({ path, added, removed, kind }) => ({ path, added, removed, kind })),
      })),
      history: this.context.workspaceState.get<string[]>('history', []),
    };
    const text = JSON.stringify(shown);
    if (text !== this.last && this.ready) this.post({ shown });
    this.last = text;
    if (this.view) this.view.badge = shown.proposals.length ? { value: shown.proposals.length, tooltip: 'Open proposals' } : undefined;
  }

  private post(message: ToPage): void {
    if (this.view && this.ready) void this.view.webview.postMessage(message);
    else if (!('shown' in message)) this.waiting = [message];
  }
}
