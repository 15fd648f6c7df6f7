// The Markdown page of the workspace.
import { Range, Uri, window } from 'vscode';
import type { Server } from './server';

/** Opens the page at the line that a command answers; the answer to a question is then written into it as it comes. */
export async function openPage(server: Server, command: 'aid.page' | 'aid.ask', argument: object): Promise<void> {
  const { uri, line } = await server.run<{ uri: string; line: number }>(command, { ...argument, open: false });
  await window.showTextDocument(Uri.parse(uri), { preview: false, selection: new Range(line, 0, line, 0) });
}
