// Finds `aid`, starts it, and passes on what it says of itself.
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { commands, EventEmitter, type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import { LanguageClient, LSPErrorCodes, type Middleware, ResponseError, State } from 'vscode-languageclient/node';
import type { Job, Status } from './protocol';

const SAFE_AGAIN = /^aid\.(accept|reject|proposals?|page|report|cancel)$/;

export class Server {
  /** By root, the newest one. */
  readonly statuses = new Map<string, Status>();
  /** Why there is no server, for the user; empty where there is one or it is starting. */
  problem = '';
  private client?: LanguageClient;
  private readonly changes = new EventEmitter<void>();
  readonly onChange = this.changes.event;

  constructor(private readonly context: ExtensionContext, readonly log: LogOutputChannel, private readonly middleware: Middleware) {}

  async start(): Promise<void> {
    await this.stop();
    const [name = 'aid', ...before] = workspace.getConfiguration('aid').get<string[]>('client.command', ['aid']);
    const command = find(name);
    if (!command) return this.failed(`${name} is not there. Install AID, or say in the setting aid.client.command where it is.`);
    this.client = new LanguageClient('aid', 'AID', { command, args: [...before, 'lsp'] }, {
      documentSelector: [
        { scheme: 'file', pattern: '**/*.{ml,mli}' },
        { scheme: 'file', pattern: '**/{dune,dune-project,dune-workspace}' },
        { scheme: 'file', pattern: '**/*.md' },
      ],
      initializationOptions: { ...this.settings(), client: { status: true, inputBox: true, review: true } },
      outputChannel: this.log,
      middleware: {
        ...this.middleware,
        workspace: {
          configuration: (params) => params.items.map((item) => (item.section === 'aid' ? this.settings() : null)),
          // Not with the settings themselves, as the library would send them: AID asks for what it wants.
          didChangeConfiguration: async () => this.client?.sendNotification('workspace/didChangeConfiguration', { settings: null }),
        },
      },
    });
    // The sidebar is where one describes a change here, so renames are left to the OCaml server beside AID.
    this.client.registerFeature({
      fillClientCapabilities: (capabilities) => void delete capabilities.textDocument?.rename,
      initialize: () => {}, getState: () => ({ kind: 'static' }), clear: () => {},
    });
    this.client.onNotification('aid/status', (status: Status) => {
      this.statuses.set(status.root, status);
      this.changes.fire();
    });
    this.client.onDidChangeState(({ newState }) => {
      void commands.executeCommand('setContext', 'aid.running', newState === State.Running);
      this.changes.fire();
    });
    try {
      await this.client.start();
    } catch (error) {
      return this.failed(`AID does not start: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.failed('');
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.statuses.clear();
    if (client?.needsStop()) await client.stop().catch((error: unknown) => this.log.warn(String(error)));
  }

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  /** Runs a command of the server; rejects with its sentence. */
  async run<Answer>(command: string, argument: object = {}): Promise<Answer> {
    const client = this.client;
    if (!client) throw new Error(this.problem || 'AID is not running.');
    const send = () => client.sendRequest<Answer>('workspace/executeCommand', { command, arguments: [argument] });
    return send().catch((error: unknown) => {
      // AID went away under the request and is there again. Nothing is decided twice: it refuses that.
      if (SAFE_AGAIN.test(command) && error instanceof ResponseError && error.code === LSPErrorCodes.RequestFailed && /restarted/.test(error.message)) return send();
      throw error;
    });
  }

  get jobs(): Job[] {
    return [...this.statuses.values()].flatMap((status) => status.jobs);
  }

  /** Waits for a job's end. */
  finished(id: string): Promise<Job> {
    return new Promise((resolve) => {
      const look = () => {
        const job = this.jobs.find((one) => one.job === id && one.state !== 'running');
        if (job) resolve((listener.dispose(), job));
      };
      const listener = this.onChange(look);
      look();
    });
  }

  private failed(problem: string): void {
    this.problem = problem;
    if (problem) this.log.error(problem);
    this.changes.fire();
  }

  /** What the user has really set: a default here must not hide what `.aid.toml` or the user file says. */
  private settings(): Record<string, unknown> {
    const configuration = workspace.getConfiguration('aid');
    const found: Record<string, Record<string, unknown>> = {};
    for (const key of Object.keys(this.context.extension.packageJSON.contributes.configuration.properties as object)) {
      const [, section = '', name = ''] = key.split('.');
      const set = configuration.inspect(`${section}.${name}`);
      const value = set?.workspaceFolderValue ?? set?.workspaceValue ?? set?.globalValue;
      if (section !== 'client' && value !== undefined) (found[section] ??= {})[name] = value;
    }
    return found;
  }
}

function find(command: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(homedir(), '.local/bin'), join(homedir(), '.aid/bin')];
  return (isAbsolute(command) ? [command] : folders.map((folder) => join(folder, command))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
