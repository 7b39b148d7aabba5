import { randomUUID } from 'node:crypto';
import { RUN_LIMITS } from '../../cluster/state/limits.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import type { Config } from '../../config/checked/config.ts';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import { duePolls } from '../../images/update/due-polls.ts';
import { writeGroups } from '../../images/update/write-group.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { sweep } from '../../deploy/sweep.ts';
import { countRefusals } from '../../deploy/webhook/count-refusals.ts';
import { BODY_LIMIT_BYTES } from '../../deploy/webhook/receive.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import { makeDataDirectory } from '../../platforms/local/data-directory.ts';
import { holderOf } from '../../platforms/local/holder.ts';
import { startHttpServer } from '../../platforms/local/http-server.ts';
import { openLocalQueues } from '../../platforms/local/queues.ts';
import type { LocalQueues, WriteQueue } from '../../platforms/local/queues.ts';
import { VISIBILITY_SECONDS } from '../../queue/heartbeat.ts';
import { cuttingWaitsShort, retryWaits } from '../../queue/retry-waits.ts';
import type { RetryWaits } from '../../queue/retry-waits.ts';
import { imageSecretsOf } from '../probes/secret-probes.ts';
import { resolveSecret } from '../secrets.ts';
import { VERSION } from '../version.ts';
import { wait } from '../wait.ts';
import { announcedPolls } from './announced-polls.ts';
import { consumeChecks } from './consume-checks.ts';
import { consumeDeadLetters, deadLetterOfUnreadable } from './consume-dead-letters.ts';
import { consumeRequests } from './consume-requests.ts';
import { consumeWrites } from './consume-writes.ts';
import { localRuntime } from './local-runtime.ts';
import type { LocalRuntime } from './local-runtime.ts';
import { openUpdatesLate } from './open-updates-late.ts';
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
  const runtime = localRuntime({ config, env, log, holder, progress: () => undefined, outbox, limits: limits.run });
  const stopping = new AbortController();
  try {
    await readSecrets(runtime, stopping.signal);
    const server = await startHttpServer(
      { host, port },
      receptionOf(runtime, { log, queue: requests, writes: queues.writes }),
    );
    const consumers = startConsumers(queues, { runtime, log, waits, visibilitySeconds: limits.visibilitySeconds });
    const sweeps = startSweeps(queues, { ...options, runtime }, stopping.signal);
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
async function readSecrets({ config, secrets, secretsOf }: LocalRuntime, signal: AbortSignal): Promise<void> {
  const repositories = [...config.repositories.values()];
  const images = [...config.images.values()];
  const others = [...repositories.flatMap(({ write }) => write ?? []), ...images.flatMap(imageSecretsOf)];
  await Promise.all([
    ...repositories.map((repository) => secretsOf(repository, signal)),
    ...others.map((reference) => resolveSecret(reference, secrets, signal)),
  ]);
}

function receptionOf(
  { config, secretsOf, rotatedSecretsOf, nowMs }: LocalRuntime,
  { log, queue, writes }: Pick<Reception, 'log' | 'queue'> & Pick<LocalQueues, 'writes'>,
): Reception {
  const limits = { version: VERSION, limitBytes: BODY_LIMIT_BYTES };
  const counted = countRefusals(log, nowMs);
  const pollImages = announcedPolls(config, writes, nowMs);
  const common = { config, secretsOf, rotatedSecretsOf, queue, pollImages, nowMs };
  return { ...limits, ...common, log: counted, randomId: randomUUID };
}

interface Consuming {
  readonly runtime: LocalRuntime;
  readonly log: Log;
  readonly waits: RetryWaits;
  readonly visibilitySeconds: number;
}

function startConsumers(
  { deploy, dead, checks, writes, deadLetters }: LocalQueues,
  { runtime, log, waits, visibilitySeconds }: Consuming,
): { stop(): Promise<void> } {
  const keepUnreadable = async () => deadLetters.add(deadLetterOfUnreadable(runtime.nowMs()));
  const common = { runtime, log, wait, random: Math.random, visibilitySeconds, keepUnreadable };
  const deploys = consumeRequests({ ...common, queue: deploy, waits, deadLetters });
  const failed = consumeDeadLetters({ ...common, queue: dead, waits: null, deadLetters });
  const readiness = consumeChecks({ ...common, queue: checks, waits: null });
  const images = consumeWrites({ ...common, queue: writes, waits: null, openUpdates: () => openUpdatesLate(runtime) });
  return {
    async stop() {
      await Promise.all([deploys.stop(STOP_MS), failed.stop(STOP_MS), readiness.stop(0), images.stop(STOP_MS)]);
    },
  };
}

/** Requests of a sweep do not end the pause before a retry: only deliveries do. */
async function startSweeps(
  { deploy: queue, writes }: LocalQueues,
  { runtime, log, sweepIntervalMs, driftIntervalMs }: ServeOptions & { readonly runtime: LocalRuntime },
  signal: AbortSignal,
): Promise<void> {
  const send = (found: readonly DeployRequest[]) => queue.send(found, signal);
  const pollImages = imagePolls(runtime.config);
  await Promise.all([
    repeat(async () => void (await sweep(runtime, signal, send)), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(async () => pollImages(writes, runtime, signal), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(async () => void (await sweepDrift(runtime, signal, send)), { intervalMs: driftIntervalMs, log }, signal),
  ]);
}

/** What a webhook of a registry did not announce, the sweep finds. */
function imagePolls(config: Config) {
  const groups = writeGroups(config);
  const lastMs = new Map<string, number>();
  return async (queue: WriteQueue, { nowMs }: LocalRuntime, signal: AbortSignal): Promise<void> => {
    const due = duePolls(groups, { nowMs: nowMs(), lastMs });
    if (due.length > 0)
      await queue.send(
        due.map(({ name }) => ({ group: name, afterMs: 0 })),
        signal,
      );
  };
}
