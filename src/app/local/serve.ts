import { randomUUID } from 'node:crypto';
import { RUN_LIMITS } from '../../cluster/state/limits.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import { referencesOfChannel } from '../../config/checked/channel.ts';
import type { Config } from '../../config/checked/config.ts';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { sweep } from '../../deploy/sweep.ts';
import type { Queue } from '../../deploy/ports/queue.ts';
import { countRefusals } from '../../deploy/webhook/count-refusals.ts';
import { BODY_LIMIT_BYTES } from '../../deploy/webhook/receive.ts';
import type { Reception } from '../../deploy/webhook/receive.ts';
import { makeDataDirectory } from '../../platforms/local/data-directory.ts';
import { holderOf } from '../../platforms/local/holder.ts';
import { startHttpServer } from '../../platforms/local/http-server.ts';
import { openLocalQueues } from '../../platforms/local/queues.ts';
import type { LocalQueues } from '../../platforms/local/queues.ts';
import { VISIBILITY_SECONDS } from '../../queue/heartbeat.ts';
import { cuttingWaitsShort, retryWaits } from '../../queue/retry-waits.ts';
import type { RetryWaits } from '../../queue/retry-waits.ts';
import { resolveSecret } from '../secrets.ts';
import { VERSION } from '../version.ts';
import { wait } from '../wait.ts';
import { consumeChecks } from './consume-checks.ts';
import { consumeDeadLetters, deadLetterOfUnreadable } from './consume-dead-letters.ts';
import { consumeNotices } from './consume-notices.ts';
import { consumeRequests } from './consume-requests.ts';
import { localRuntime } from './local-runtime.ts';
import type { LocalRuntime } from './local-runtime.ts';
import { repeat } from './repeat.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly sweepIntervalMs: number;
  readonly driftIntervalMs: number;
  /** For tests. */
  readonly limits?: ServeLimits;
}

export interface ServeLimits {
  readonly run: RunLimits;
  /** How long a message of a killed process stays hidden. */
  readonly visibilitySeconds: number;
  readonly openQueues: typeof openLocalQueues;
}

export interface Service {
  readonly url: string;
  /** Finishes running work, or gives it back, within 25 seconds. */
  stop(): Promise<void>;
}

const LIMITS: ServeLimits = { run: RUN_LIMITS, visibilitySeconds: VISIBILITY_SECONDS, openQueues: openLocalQueues };
const STOP_MS = 20_000;

/** Runs everything in one process: webhook, durable queue, deploys, checks, sweeps. */
export async function serve(options: ServeOptions): Promise<Service> {
  const { config, env, log, dataDirectory, host, port, limits = LIMITS } = options;
  const nowMs = () => Date.now();
  await makeDataDirectory(dataDirectory);
  const queues = await limits.openQueues({ dataDirectory, nowMs });
  const holder = await holderOf(dataDirectory);
  const waits = retryWaits(queues.deploy);
  const requests = cuttingWaitsShort(queues.deploy, waits);
  const outbox = { checks: queues.checks, requests };
  const { notices } = queues;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder, progress, outbox, notices, limits: limits.run });
  const stopping = new AbortController();
  try {
    await readSecrets(runtime, stopping.signal);
    const server = await startHttpServer({ host, port }, receptionOf(runtime, { log, queue: requests }));
    const consumers = startConsumers(queues, { runtime, log, waits, visibilitySeconds: limits.visibilitySeconds });
    const sweeps = startSweeps(queues.deploy, { ...options, runtime }, stopping.signal);
    log({ level: 'info', message: 'listening', url: server.url });
    return {
      url: server.url,
      async stop() {
        stopping.abort();
        await server.close(5000);
        await Promise.all([consumers.stop(), sweeps]);
        await queues.close();
        runtime.close();
      },
    };
  } catch (thrown) {
    await queues.close();
    runtime.close();
    throw thrown;
  }
}

/** A missing secret fails the start, not the first push. */
async function readSecrets({ config, secretsOf, secrets }: LocalRuntime, signal: AbortSignal): Promise<void> {
  const ofChannels = [...config.channels.values()].flatMap((channel) => referencesOfChannel(channel));
  await Promise.all([
    ...[...config.repositories.values()].map((repository) => secretsOf(repository, signal)),
    ...ofChannels.map((reference) => resolveSecret(reference, secrets, signal)),
  ]);
}

function receptionOf(
  { config, secretsOf, rotatedSecretsOf, nowMs }: LocalRuntime,
  { log, queue }: Pick<Reception, 'log' | 'queue'>,
): Reception {
  const limits = { version: VERSION, limitBytes: BODY_LIMIT_BYTES };
  const counted = countRefusals(log, nowMs);
  return { ...limits, config, secretsOf, rotatedSecretsOf, queue, log: counted, nowMs, randomId: randomUUID };
}

interface Consuming {
  readonly runtime: LocalRuntime;
  readonly log: Log;
  readonly waits: RetryWaits;
  readonly visibilitySeconds: number;
}

function startConsumers(
  { deploy, dead, checks, notices, channelErrors, deadLetters }: LocalQueues,
  { runtime, log, waits, visibilitySeconds }: Consuming,
): { stop(): Promise<void> } {
  const keepUnreadable = async () => deadLetters.add(deadLetterOfUnreadable(runtime.nowMs()));
  const common = { runtime, log, wait, random: Math.random, visibilitySeconds, keepUnreadable };
  const deploys = consumeRequests({ ...common, queue: deploy, waits, deadLetters });
  const failed = consumeDeadLetters({ ...common, queue: dead, waits: null, deadLetters });
  const readiness = consumeChecks({ ...common, queue: checks, waits: null });
  const messages = consumeNotices({ ...common, queue: notices, waits: null, errors: channelErrors });
  return {
    async stop() {
      await Promise.all([deploys.stop(STOP_MS), failed.stop(STOP_MS), readiness.stop(0), messages.stop(0)]);
    },
  };
}

/** Requests of a sweep do not end the pause before a retry: only deliveries do. */
async function startSweeps(
  queue: Queue,
  { runtime, log, sweepIntervalMs, driftIntervalMs }: ServeOptions & { readonly runtime: LocalRuntime },
  signal: AbortSignal,
): Promise<void> {
  const send = (found: readonly DeployRequest[]) => queue.send(found, signal);
  await Promise.all([
    repeat(async () => void (await sweep(runtime, signal, send)), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(async () => void (await sweepDrift(runtime, signal, send)), { intervalMs: driftIntervalMs, log }, signal),
  ]);
}
