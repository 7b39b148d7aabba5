import { Option } from 'commander';
import { DeployError } from '../error/deploy-error.ts';
import type { LoopbackServer } from '../platforms/local/loopback-server.ts';
import type { AddCommand } from './command-definition.ts';
import type { Context } from './terminal/context.ts';
import { parseInterval, parsePort } from './terminal/option-values.ts';

/** The commands that answer requests until they are stopped. */
export function addServeCommands(add: AddCommand): void {
  addServe(add);
  addHttpHost(add);
  addUi(add);
}

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly sweepInterval: number;
  readonly driftInterval: number;
  readonly metricsPort?: number;
  readonly uiPort?: number;
  readonly uiActions?: true;
}

function addServe(add: AddCommand): void {
  add<ServeOptions>({
    usage: 'serve',
    summary: 'receive webhooks, deploy pushes and sweep',
    description: 'Receive webhooks, keep the durable queue, deploy and sweep, all in one process.',
    examples: ['headgate serve --port 8080 --sweep-interval 1m'],
    logsTo: 'stdout',
    options: [
      new Option('--port <number>', 'port to listen on; 0 picks a free one').argParser(parsePort).default(8080),
      new Option('--host <address>', 'address to listen on').default('127.0.0.1'),
      new Option('--sweep-interval <duration>', 'interval between sweeps')
        .argParser(parseInterval)
        .default(60_000, '1m'),
      new Option('--drift-interval <duration>', 'interval between drift detections')
        .argParser(parseInterval)
        .default(600_000, '10m'),
      new Option('--metrics-port <number>', 'port of 127.0.0.1 for Prometheus; 0 picks a free one').argParser(
        parsePort,
      ),
      new Option('--ui-port <number>', 'port of 127.0.0.1 for the web UI; 0 picks a free one').argParser(parsePort),
      new Option('--ui-actions', 'let the web UI deploy, approve, hold, release, roll back and promote'),
    ],
    async body(context, { port, host, sweepInterval, driftInterval, metricsPort = null, uiPort, uiActions }) {
      if (uiActions === true && uiPort === undefined) throw actionsWithoutPage();
      const { serveCommand } = await import('./commands/serve.ts');
      return serveCommand(context, {
        port,
        host,
        metricsPort,
        sweepIntervalMs: sweepInterval,
        driftIntervalMs: driftInterval,
        openPage: uiPort === undefined ? null : (served) => openPageOf(served, uiPort, uiActions === true),
      });
    },
  });
}

function addHttpHost(add: AddCommand): void {
  add<{ port?: number; host: string; tasksUrl?: string; key: string[]; taskLimit: number; insecure?: true }>({
    usage: 'http-host',
    summary: 'answer webhooks, and tasks that a queue pushes',
    description:
      'Answer webhooks, sweeps, and tasks that a queue pushes over HTTP, without keeping anything: for platforms that run containers on request.',
    examples: ['headgate http-host --tasks-url https://queue.example.com/headgate --key env:HEADGATE_TASKS_KEY'],
    logsTo: 'stdout',
    options: [
      new Option('--port <number>', 'port to listen on; 0 picks a free one (default: $PORT, else 8080)').argParser(
        parsePort,
      ),
      new Option('--host <address>', 'address to listen on').default('0.0.0.0'),
      new Option('--tasks-url <url>', 'where messages are sent to (default: $HEADGATE_TASKS_URL)'),
      new Option('--key <reference>', 'bearer key of the tasks; repeat it while rotating: the first one is sent')
        .argParser((text: string, others: string[]) => [...others, text])
        .default([], 'env:HEADGATE_TASKS_KEY'),
      new Option('--task-limit <duration>', 'how long the queue waits for an answer')
        .argParser(parseInterval)
        .default(600_000, '10m'),
      new Option('--insecure', 'accept an http:// address of another machine in --tasks-url'),
    ],
    async body(context, { port, host, tasksUrl, key, taskLimit, insecure }) {
      const { httpHostCommand } = await import('./http/http-host.ts');
      return httpHostCommand(context, {
        port: port ?? null,
        host,
        tasksUrl: tasksUrl ?? null,
        keys: key,
        taskLimitMs: taskLimit,
        insecure: insecure === true,
      });
    },
  });
}

function actionsWithoutPage(): DeployError {
  return new DeployError('usage', {
    subject: 'headgate serve --ui-actions',
    message: '--ui-actions requires --ui-port',
    remedy: 'Add --ui-port, or remove --ui-actions.',
  });
}

async function openPageOf(context: Context, port: number, hasActions: boolean): Promise<LoopbackServer> {
  const { openPage } = await import('./page/ui.ts');
  const onAddress = (url: string) => context.log({ level: 'info', message: 'page', url });
  return openPage(context, { port, isReadOnly: !hasActions, option: '--ui-port', onAddress });
}

function addUi(add: AddCommand): void {
  add<{ port: number; readOnly?: true }>({
    usage: 'ui',
    summary: 'show all targets in a browser',
    description:
      'Serve a page on 127.0.0.1 that shows all targets, their objects and their history, and deploys, approves, holds, releases, rolls back and promotes.',
    examples: ['headgate ui', 'headgate ui --read-only --port 8081'],
    options: [
      new Option('--port <number>', 'port of 127.0.0.1 to listen on; 0 picks a free one')
        .argParser(parsePort)
        .default(0),
      new Option('--read-only', 'only show, without actions'),
    ],
    async body(context, { port, readOnly }) {
      const { uiCommand } = await import('./page/ui.ts');
      return uiCommand(context, { port, isReadOnly: readOnly === true });
    },
  });
}
