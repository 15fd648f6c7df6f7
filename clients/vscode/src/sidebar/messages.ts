// What the sidebar's page and the extension say to each other.
import type { Chip } from '../chips';

export interface Shown {
  problem: string;
  starting: boolean;
  chips: Chip[];
  jobs: { id: string; title: string; state: string; message: string; cancellable: boolean; forcible: boolean }[];
  proposals: {
    key: string; number: string; state: string; headline: string; instruction: string; understood: string; size: string;
    reviewed: boolean; files: { path: string; added: number; removed: number; kind: string }[];
  }[];
  history: string[];
}

/** To the page. */
export type ToPage = { shown: Shown } | { focus: true; refine?: { key: string; number: string }; text?: string } | { failed: true };

/** From the page. */
export type FromPage =
  | { do: 'ready' | 'retry' | 'help' | 'settings' }
  | { do: 'send'; text: string; refine?: string; ask: boolean }
  | { do: 'remove-chip' | 'cancel' | 'force'; id: string }
  | { do: 'review' | 'accept' | 'reject'; key: string }
  | { do: 'accept-file'; key: string; path: string };
