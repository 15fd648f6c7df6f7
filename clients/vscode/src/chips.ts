// What AID would look at: the chips above the input, and the attachments they become.
import { type Diagnostic, DiagnosticSeverity, languages, type TextEditor, window, workspace } from 'vscode';

export interface Chip {
  id: string;
  label: string;
  title: string;
}

interface Attachment {
  kind: 'selection' | 'file' | 'diagnostics';
  uri: string;
  [more: string]: unknown;
}

export class Chips {
  private editor?: TextEditor;
  private readonly removed = new Set<string>();

  /** The chips of the editor that the user was in last. */
  now(): Chip[] {
    return this.all().map(([chip]) => chip).filter((chip) => !this.removed.has(chip.id));
  }

  attachments(): Attachment[] {
    return this.all().filter(([chip]) => !this.removed.has(chip.id)).map(([, attachment]) => attachment);
  }

  remove(id: string): void {
    this.removed.add(id);
  }

  /** Afterwards all chips are there again. */
  reset(): void {
    this.removed.clear();
  }

  private all(): [Chip, Attachment][] {
    const editor = window.activeTextEditor;
    if (editor?.document.uri.scheme === 'file' && /\.mli?$|\/dune(-project)?$/.test(editor.document.uri.path)) this.editor = editor;
    if (!this.editor || this.editor.document.isClosed) return [];
    const { document, selection } = this.editor;
    const uri = document.uri.toString();
    const path = workspace.asRelativePath(document.uri);
    const [first, last] = [selection.start.line + 1, selection.end.line + 1];
    const lines = selection.isEmpty ? `line ${first}` : first === last ? `selection, line ${first}` : `lines ${first}–${last}`;
    const problems = languages.getDiagnostics(document.uri).filter((one) => one.severity <= DiagnosticSeverity.Warning);
    const found: [Chip, Attachment][] = [
      [{ id: `selection ${uri} ${lines}`, label: lines, title: `The place: ${path}, ${lines}` },
        { kind: 'selection', uri, range: plain(selection), version: document.version }],
      [{ id: `file ${uri}`, label: path, title: `The file ${path}` }, { kind: 'file', uri }],
    ];
    if (problems.length) {
      found.push([{ id: `diagnostics ${uri}`, label: problems.length === 1 ? '1 problem' : `${problems.length} problems`, title: problems.map((one) => one.message).join('\n') },
        { kind: 'diagnostics', uri, diagnostics: problems.map(said) }]);
    }
    return found;
  }
}

/** A range as LSP has it. */
export const plain = (range: Diagnostic['range']): object => ({
  start: { line: range.start.line, character: range.start.character },
  end: { line: range.end.line, character: range.end.character },
});

/** A diagnostic as LSP has it. */
export const said = (one: Diagnostic): object => ({
  range: plain(one.range), message: one.message, severity: one.severity + 1, source: one.source,
  code: typeof one.code === 'object' ? one.code.value : one.code,
});
