// The proposals that lie on the user's desk, and what the user decides about them.
import { commands, EventEmitter, TextDocumentChangeReason, Uri, window, workspace } from 'vscode';
import type { Happened, Job, Part, Proposal } from './protocol';
import type { Server } from './server';

export class Desk {
  /** The open ones, newest first. */
  proposals: Proposal[] = [];
  /** What a job that applies a part was asked to take, by job: to be forced if the part does not build alone. */
  private readonly parts = new Map<string, [Proposal, Part]>();
  private readonly shown = new Map<string, number>();
  private readonly accepted = new Map<string, Proposal>();
  private readonly changes = new EventEmitter<void>();
  readonly onChange = this.changes.event;
  private readonly arrivals = new EventEmitter<Proposal>();
  /** A proposal that one of this window's jobs made. */
  readonly onArrival = this.arrivals.event;
  private known = '';
  private asked = new Set<string>();

  constructor(private readonly server: Server) {
    server.onChange(() => void this.look());
    workspace.onDidChangeTextDocument(({ document, reason }) => {
      const undone = reason === TextDocumentChangeReason.Undo && this.accepted.get(document.uri.toString());
      if (!undone) return;
      for (const file of undone.files) this.accepted.delete(file.uri);
      this.report(undone, 'undone', undone.files.length);
    });
  }

  find(key: string | undefined): Proposal | undefined {
    return key === undefined ? this.proposals[0] : this.proposals.find((one) => keyOf(one) === key);
  }

  /** Starts a job and remembers that it was asked for here. */
  async ask(command: string, argument: object): Promise<void> {
    const { job } = await this.server.run<{ job?: string }>(command, argument);
    if (!job) return;
    this.asked.add(job);
    this.arrive();
  }

  async accept(proposal: Proposal, part: Part & { force?: boolean } = {}): Promise<void> {
    const { job } = await this.server.run<{ job: string }>('aid.accept', { ...naming(proposal), ...part });
    this.parts.set(job, [proposal, part]);
    const ended = await this.server.finished(job);
    if (ended.state !== 'done') return;
    const some = part.files ?? part.hunks;
    this.report(proposal, some ? 'partly-accepted' : 'accepted', part.files?.length ?? (some ? 0 : proposal.files.length), part.hunks?.length);
    for (const file of proposal.files) this.accepted.set(file.uri, proposal);
  }

  /** Whether a failed job applied a part that the user may want all the same. */
  forcible(job: Job): boolean {
    return job.kind === 'accept' && job.state === 'failed' && this.parts.has(job.job);
  }

  async force(job: string): Promise<void> {
    const [proposal, part] = this.parts.get(job) ?? [];
    this.parts.delete(job);
    if (proposal) await this.accept(proposal, { ...part, force: true });
  }

  async reject(proposal: Proposal): Promise<void> {
    await this.server.run('aid.reject', naming(proposal));
    this.report(proposal, 'rejected');
  }

  async refine(proposal: Proposal, instruction: string): Promise<void> {
    await this.ask('aid.refine', { ...naming(proposal), instruction });
    this.report(proposal, 'refined');
  }

  /** Tells the journal what only this side can see: ids, counts and times. */
  report(proposal: Proposal, event: Happened, files = 0, hunks = 0): void {
    const since = this.shown.get(keyOf(proposal)) ?? Date.now();
    const argument = { ...naming(proposal), event, files, hunks, elapsed_ms: Date.now() - since };
    this.server.run('aid.report', argument).catch((error: unknown) => this.server.log.warn(String(error)));
  }

  private async look(): Promise<void> {
    void commands.executeCommand('setContext', 'aid.busy', this.server.jobs.some((job) => job.state === 'running'));
    const known = JSON.stringify([...this.server.statuses.values()].map((status) => [status.root, status.proposals]));
    if (known !== this.known && this.server.running) {
      this.known = known;
      try {
        this.proposals = (await this.server.run<{ proposals: Proposal[] }>('aid.proposals')).proposals;
      } catch (error) {
        this.known = '';
        this.server.log.warn(String(error));
      }
      void commands.executeCommand('setContext', 'aid.proposals', this.proposals.length > 0);
      for (const one of this.proposals.filter((each) => !this.shown.has(keyOf(each)))) {
        this.shown.set(keyOf(one), Date.now());
        this.report(one, 'shown', one.files.length);
      }
    }
    this.changes.fire();
    this.arrive();
  }

  /** Tells of each proposal that was asked for here, once it and its job's end are both known, in whatever order they come. */
  private arrive(): void {
    for (const status of this.server.statuses.values()) {
      for (const job of status.jobs.filter((each) => each.proposal && each.state === 'done' && this.asked.has(each.job))) {
        const made = this.proposals.find((one) => one.proposal === job.proposal && one.root === status.root);
        if (made && this.asked.delete(job.job)) this.arrivals.fire(made);
      }
    }
  }
}

/** A proposal's name across workspaces. */
export const keyOf = (one: Pick<Proposal, 'proposal' | 'root'>): string => `${one.root}#${one.proposal}`;

/** A proposal as commands take it: a file of its workspace says which one that is, to a server too that has just begun. */
export const naming = (one: Pick<Proposal, 'proposal' | 'root'>): { proposal: string; uri: string } =>
  ({ proposal: one.proposal, uri: Uri.file(`${one.root}/dune-project`).toString() });

/** Runs what a person asked for; what fails is told. */
export async function told(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    void window.showErrorMessage(`AID: ${error instanceof Error ? error.message : String(error)}`);
  }
}
