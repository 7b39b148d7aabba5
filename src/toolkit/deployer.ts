import { randomUUID } from 'node:crypto';
import type { AccessOf } from '../app/access-of.ts';
import { sweepWithin } from '../app/http/sweep-task.ts';
import { CLOSE_MS, FINISH_MS, serveChecks, serveDeploys } from '../app/http/tasks.ts';
import type { ServeMessage, Tasks } from '../app/http/tasks.ts';
import { localRuntime } from '../app/local/local-runtime.ts';
import { readSecrets, receptionOf } from '../app/local/reception.ts';
import type { SecretStore } from '../app/secret-store.ts';
import { isChannelKind } from '../config/checked/channel.ts';
import type { Config } from '../config/checked/config.ts';
import { unbuiltKeys } from '../config/derived/unbuilt.ts';
import type { UnbuiltKey } from '../config/derived/unbuilt.ts';
import type { GivenRenderer } from '../desired/plain/given-renderer.ts';
import type { Log } from '../deploy/ports/log.ts';
import { admit, receive } from '../deploy/webhook/receive.ts';
import type { Answer, RequestHead, WebhookRequest } from '../deploy/webhook/web-request.ts';
import { DeployError } from '../error/deploy-error.ts';
import { startHttpServer } from '../platforms/local/http-server.ts';
import type { Settlement } from '../queue/settlement.ts';
import type { MessageQueue, QueuedWork } from './message-queue.ts';
import { outboxOf } from './outbox.ts';
import type { ChannelDefinition } from './read-config.ts';
import { serveNotices } from './serve-notices.ts';

export interface DeployerOptions {
  /** Of `readConfig`. */
  readonly config: Config;
  readonly log: Log;
  readonly queue: MessageQueue;
  /** The kinds of channels that `readConfig` got. */
  readonly channels?: readonly ChannelDefinition[];
  /** Custom renderers. A renderer is used for a target whose path has its file. */
  readonly renderers?: readonly GivenRenderer[];
  /** Reads every secret. Default: the environment, files, and AWS with the machine's credentials. */
  readonly secrets?: SecretStore;
  /** The access to a cluster. Default: kubeconfigs, and EKS with the machine's credentials. */
  readonly accessOf?: AccessOf;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long serving a message may take; a run that needs longer resumes in the next one. Default: 10 minutes. */
  readonly messageLimitMs?: number;
}

/** The deploy line with a queue around it. It keeps nothing: any number of them may run side by side. */
export interface Deployer {
  /** The answer to a webhook request if its head alone decides it; null: read the body. */
  admit(head: RequestHead): Promise<Answer | null>;
  /** Answers `POST /webhooks/<repository>` and `GET /healthz`. A push is in the queue before the answer. Never rejects. */
  receive(request: WebhookRequest, signal: AbortSignal): Promise<Answer>;
  /** Serves `admit` and `receive` over HTTP, with limits of time and memory. Port 0 picks a free one. */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly url: string }>;
  /**
   * Does the work of one message: `again` after a pause, if it is not done. `tries`: how often it was served, this time
   * included; null: the queue does not count. `closed`: the queue no longer waits.
   */
  serve(message: QueuedWork & { readonly tries: number | null }, closed?: AbortSignal): Promise<Settlement>;
  /** For a schedule: queues the targets that are behind their tip and, with `drift`, drifted objects. Returns their names. */
  sweep(what: { readonly drift: boolean }): Promise<readonly string[]>;
  /** Finishes open requests and running work, or gives it back to the queue, within 10 seconds. */
  stop(): Promise<void>;
}

const MESSAGE_LIMIT_MS = 10 * 60_000;

/** @throws DeployError `secret-missing`, or `config-invalid` for what a deployer does not do */
export async function openDeployer(options: DeployerOptions): Promise<Deployer> {
  const { config, log, queue, env = process.env, messageLimitMs: limitMs = MESSAGE_LIMIT_MS } = options;
  refuseUnbuilt(options);
  refuseUnwritable(options.renderers ?? []);
  const { channels = [], renderers = [], accessOf, secrets: secretStore } = options;
  const channelRenderers = Object.fromEntries(channels.map(({ kind, renderer }) => [kind, renderer]));
  const { notices, ...outbox } = outboxOf(queue, Date.now);
  const stopping = new AbortController();
  const runtime = localRuntime({
    config,
    env: { ...env },
    log,
    holder: `toolkit-${randomUUID()}`,
    progress: () => undefined,
    outbox,
    notices,
    given: { accessOf, secretStore, channelRenderers, renderers },
  });
  try {
    await readSecrets(runtime, stopping.signal);
  } catch (thrown) {
    runtime.close();
    throw thrown;
  }
  const tasks: Tasks = { runtime, log, stopping: stopping.signal, limitMs };
  const serveOf: Readonly<Record<QueuedWork['kind'], ServeMessage>> = {
    deploy: serveDeploys(tasks),
    check: serveChecks(tasks),
    notice: serveNotices(tasks),
  };
  const reception = receptionOf(runtime, { log, queue: outbox.requests });
  const servers: { close(deadlineMs: number): Promise<void> }[] = [];
  const running = new Set<Promise<unknown>>();

  function kept<Result>(work: Promise<Result>): Promise<Result> {
    running.add(work);
    const forget = () => void running.delete(work);
    work.then(forget, forget);
    return work;
  }

  return {
    admit: (head) => admit(head, reception),
    receive: (request, signal) => kept(receive(request, reception, signal)),
    async listen(at) {
      const server = await startHttpServer(at, reception);
      servers.push(server);
      return { url: server.url };
    },
    serve: ({ kind, ...message }, closed = new AbortController().signal) => kept(serveOf[kind](message, closed)),
    sweep: ({ drift }) => kept(sweepWithin(tasks, drift)),
    async stop() {
      const finishing = setTimeout(() => stopping.abort(), FINISH_MS);
      await Promise.all([...servers.map((server) => server.close(CLOSE_MS)), ...running]).catch(() => undefined);
      clearTimeout(finishing);
      runtime.close();
    },
  };
}

/** The state of a target has the name and the version in one line. */
function refuseUnwritable(renderers: readonly GivenRenderer[]): void {
  const unwritable = renderers.flatMap(({ name, version }) => [name, version]).find((text) => !/^[\w.+-]+$/.test(text));
  if (unwritable !== undefined)
    throw new TypeError(
      `"${unwritable}" cannot name a renderer or its version: use letters, digits, ".", "_", "+" and "-"`,
    );
}

const UNBUILT: readonly UnbuiltKey[] = ['images', 'promotions', 'pullRequests', 'previews', 'record'];

function refuseUnbuilt({ config, channels = [] }: DeployerOptions): void {
  const [unbuilt] = unbuiltKeys(config, 'a deployer of the toolkit does not', UNBUILT);
  if (unbuilt !== undefined) throw new DeployError(unbuilt.code, unbuilt);
  const isKnown = (kind: string) => isChannelKind(kind) || channels.some((channel) => channel.kind === kind);
  const unknown = [...config.channels.values()].find(({ kind }) => !isKnown(kind));
  if (unknown === undefined) return;
  throw new DeployError('config-invalid', {
    subject: `channel ${unknown.name}`,
    message: `the deployer has no kind of channel "${unknown.kind}"`,
    remedy: 'Pass the channels that readConfig got to openDeployer too.',
  });
}
