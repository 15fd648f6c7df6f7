// What the server answers and notifies: docs/protocol.md, as types.

export interface Job {
  job: string;
  kind: 'change' | 'fix' | 'refine' | 'accept' | 'ask';
  title: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  message: string;
  cancellable: boolean;
  proposal: string | null;
}

export interface Build {
  state: 'green' | 'red' | 'building' | 'unknown';
  errors: number;
  warnings: number;
  source: string;
  note: string;
}

/** The notification `aid/status`: how one workspace stands. */
export interface Status {
  root: string;
  build: Build;
  jobs: Job[];
  proposals: { proposal: string; outcome: string; state: string; revision: number }[];
}

export interface Hunk {
  id: string;
  new_start: number;
}

export interface ChangedFile {
  path: string;
  uri: string;
  kind: 'create' | 'edit' | 'delete' | 'rename';
  added: number;
  removed: number;
  hunks: number | Hunk[];
  before?: string | null;
  after?: string | null;
}

export interface Proposal {
  proposal: string;
  revision: number;
  outcome: string;
  instruction: string;
  understood: string;
  proposer: string;
  headline: string;
  size: string;
  verdict: { state: 'green' | 'red' | 'unknown'; tier: string; note: string } | null;
  root: string;
  page: string;
  files: ChangedFile[];
}

/** What of a proposal is meant: nothing means all of it. */
export interface Part {
  files?: string[];
  hunks?: { path: string; id: string }[];
}

export type Happened = 'shown' | 'opened' | 'accepted' | 'partly-accepted' | 'rejected' | 'refined' | 'undone' | 'dismissed';
