import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { exitCodeOf } from '../chaos/child.ts';
import { Gateway } from '../http/gateway.ts';
import type { GatewayOptions } from '../http/gateway.ts';
import { COMPILE_CACHE, MAIN } from '../programs/headgate.ts';
import { SECRET, Testbed } from './testbed.ts';
import type { LogLine, TestbedOptions } from './testbed.ts';

const FULL_NAME = 'acme/fleet';
export const KEY = 'planted-tasks-key-0123456789';

/** `headgate http-host` as a separate process, behind a queue that pushes. Its cluster is a kubeconfig in the environment. */
export class HttpTestbed {
  readonly testbed: Testbed;
  readonly gateway: Gateway;
  /** Where the first host listens. */
  url = '';
  readonly #children: ChildProcess[] = [];

  private constructor(testbed: Testbed, gateway: Gateway) {
    this.testbed = testbed;
    this.gateway = gateway;
  }

  static async build(options: TestbedOptions = {}, queue: GatewayOptions = {}): Promise<HttpTestbed> {
    return new HttpTestbed(await Testbed.build(options), await Gateway.start(queue));
  }

  /** Starts a host: the command itself, or the program at `program` with the arguments that it takes. */
  async start(program: string | null = null): Promise<ChildProcess> {
    const { testbed, gateway } = this;
    const path = join(testbed.directory, 'headgate.yml');
    const text = this.#config();
    await writeFile(path, text);
    const flags = ['http-host', '--port', '0', '--host', '127.0.0.1', '--tasks-url', gateway.url];
    const args = program === null ? [MAIN, '--config', path, ...flags] : [program, path, gateway.url];
    const env = {
      ...process.env,
      ...COMPILE_CACHE,
      ...testbed.env,
      HEADGATE_TASKS_KEY: KEY,
      HEADGATE_YML: text,
      LAB_KUBECONFIG: await testbed.kubectl('--kubeconfig', testbed.kubeconfig, 'config', 'view', '--flatten', '--raw'),
    };
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    this.#children.push(child);
    const known = testbed.log.length;
    createInterface({ input: child.stdout }).on('line', (line) => testbed.log.push(JSON.parse(line) as LogLine));
    const isMeant = (line: LogLine) => line.message === 'listening' && testbed.log.indexOf(line) >= known;
    this.url = String((await testbed.logged(isMeant, 60_000))['url']);
    gateway.hostUrl = this.url;
    testbed.host.setWebhook(FULL_NAME, { url: `${this.url}/webhooks/fleet`, secret: SECRET });
    return child;
  }

  async kill(child: ChildProcess, how: NodeJS.Signals): Promise<number | null> {
    child.kill(how);
    return exitCodeOf(child);
  }

  #config(): string {
    const config = JSON.parse(this.testbed.config) as object;
    return JSON.stringify({ ...config, clusters: { lab: { kubeconfig: { secret: 'env:LAB_KUBECONFIG' } } } });
  }

  async tearDown(): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await this.gateway.close();
    await this.testbed.tearDown();
  }
}
