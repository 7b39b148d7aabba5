import { RUN_LIMITS } from '../../cluster/state/limits.ts';
import { VERSION } from '../version.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import type { Config } from '../../config/checked/config.ts';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { sweep } from '../../deploy/sweep.ts';
import { makeDataDirectory } from '../../platforms/local/data-directory.ts';
import { holderOf } from '../../platforms/local/holder.ts';
import { startHttpServer } from '../../platforms/local/http-server.ts';
import { openLocalQueues } from '../../platforms/local/queues.ts';
import type { LoopbackServer } from '../../platforms/local/loopback-server.ts';
import type { LocalQueues } from '../../platforms/local/queues.ts';
import type { PreviewContext } from '../../pulls/previews/context.ts';
import { deployMetrics } from '../../metrics/deploy-metrics.ts';
import { VISIBILITY_SECONDS } from '../../queue/heartbeat.ts';
import { cuttingWaitsShort, retryWaits } from '../../queue/retry-waits.ts';
import type { RetryWaits } from '../../queue/retry-waits.ts';
import { wait } from '../wait.ts';
import { consumeChecks } from './consume-checks.ts';
import { planContext } from '../plan-context.ts';
import { previewContext } from '../preview-context.ts';
import { consumeDeadLetters, deadLetterOfUnreadable } from './consume-dead-letters.ts';
import { consumePlans } from './consume-plans.ts';
import { consumeNotices } from './consume-notices.ts';
import { consumeRequests } from './consume-requests.ts';
import { consumeWrites } from './consume-writes.ts';
import { promotionWakes } from '../promotions/wake-promotions.ts';
import type { PromotionWakes } from '../promotions/wake-promotions.ts';
import { imagePolls } from '../work/image-polls.ts';
import { lookAtPreviews } from '../work/look-at-previews.ts';
import { localRuntime } from './local-runtime.ts';
import type { LocalRuntime } from './local-runtime.ts';
import { readSecrets, receptionOf } from './reception.ts';
import { repeat } from './repeat.ts';
import { observedLog, serveMetrics } from './serve-metrics.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  /** Null: no metrics are served. */
  readonly metricsPort?: number | null;
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
  /** Null: no metrics are served. */
  readonly metricsUrl: string | null;
  /** Finishes running work, or gives it back, within 25 seconds. */
  stop(): Promise<void>;
}

export const SERVE_LIMITS: ServeLimits = {
  run: RUN_LIMITS,
  visibilitySeconds: VISIBILITY_SECONDS,
  openQueues: openLocalQueues,
};
const STOP_MS = 20_000;

/** Runs everything in one process: webhook, durable queue, deploys, checks, sweeps. */
export async function serve(options: ServeOptions): Promise<Service> {
  const { config, env, dataDirectory, host, port, metricsPort = null, limits = SERVE_LIMITS } = options;
  const metrics = metricsPort === null ? null : deployMetrics(config, VERSION);
  const log = metrics === null ? options.log : observedLog(options.log, metrics);
  const nowMs = () => Date.now();
  await makeDataDirectory(dataDirectory);
  const queues = await limits.openQueues({ dataDirectory, nowMs });
  const holder = await holderOf(dataDirectory);
  const waits = retryWaits(queues.deploy);
  const requests = cuttingWaitsShort(queues.deploy, waits);
  const promotions = promotionWakes(config, queues.writes);
  const outbox = { checks: queues.checks, requests, wakePromotions: promotions.wakePromotions };
  const { notices, writes: outcomes } = queues;
  const progress = () => undefined;
  const runtime = localRuntime({ config, env, log, holder, progress, outbox, notices, outcomes, limits: limits.run });
  const stopping = new AbortController();
  const scrape = () => ({ queues: queues.contents(), requests: runtime.servers.counts() });
  let scraped: LoopbackServer | null = null;
  try {
    await readSecrets(runtime, stopping.signal);
    if (metrics !== null) scraped = await serveMetrics(metricsPort ?? 0, metrics, scrape);
    const server = await startHttpServer(
      { host, port },
      receptionOf(runtime, { log, queue: requests, plans: queues.plans, writes: queues.writes }),
    );
    const context = previewContext(planContext({ runtime, queue: queues.plans }), runtime);
    const { visibilitySeconds } = limits;
    const consumers = startConsumers(queues, { runtime, context, log, waits, visibilitySeconds });
    const sweeps = startSweeps(queues, { ...options, log, runtime, context, promotions }, stopping.signal);
    log({ level: 'info', message: 'listening', url: server.url });
    if (scraped !== null) log({ level: 'info', message: 'metrics', url: `${scraped.url}/metrics` });
    return {
      url: server.url,
      metricsUrl: scraped === null ? null : `${scraped.url}/metrics`,
      async stop() {
        stopping.abort();
        await Promise.all([server.close(5000), scraped?.close()]);
        await Promise.all([consumers.stop(), sweeps]);
        await queues.close();
        runtime.close();
      },
    };
  } catch (thrown) {
    await scraped?.close();
    await queues.close();
    runtime.close();
    throw thrown;
  }
}

interface Consuming {
  readonly runtime: LocalRuntime;
  readonly context: PreviewContext;
  readonly log: Log;
  readonly waits: RetryWaits;
  readonly visibilitySeconds: number;
}

function startConsumers(
  { deploy, dead, checks, plans, writes, notices, channelErrors, deadLetters }: LocalQueues,
  { runtime, context, log, waits, visibilitySeconds }: Consuming,
): { stop(): Promise<void> } {
  const keepUnreadable = async () => deadLetters.add(deadLetterOfUnreadable(runtime.nowMs()));
  const common = { runtime, log, wait, random: Math.random, visibilitySeconds, keepUnreadable };
  const deploys = consumeRequests({ ...common, queue: deploy, waits, deadLetters, plans });
  const failed = consumeDeadLetters({ ...common, queue: dead, waits: null, deadLetters });
  const readiness = consumeChecks({ ...common, queue: checks, waits: null, previews: context });
  const planning = consumePlans({ ...common, queue: plans, waits: null, context, servers: runtime.servers });
  const images = consumeWrites({ ...common, queue: writes, waits: null });
  const messages = consumeNotices({ ...common, queue: notices, waits: null, errors: channelErrors });
  return {
    async stop() {
      const atOnce = [readiness.stop(0), planning.stop(0), messages.stop(0)];
      await Promise.all([deploys.stop(STOP_MS), failed.stop(STOP_MS), images.stop(STOP_MS), ...atOnce]);
    },
  };
}

/** Requests of a sweep do not end the pause before a retry: only deliveries do. */
async function startSweeps(
  { deploy: queue, writes }: LocalQueues,
  {
    runtime,
    context,
    promotions,
    log,
    sweepIntervalMs,
    driftIntervalMs,
  }: ServeOptions & {
    readonly runtime: LocalRuntime;
    readonly context: PreviewContext;
    readonly promotions: PromotionWakes;
  },
  signal: AbortSignal,
): Promise<void> {
  const send = (found: readonly DeployRequest[]) => queue.send(found, signal);
  const pollImages = imagePolls(runtime.config, writes, runtime.nowMs);
  await Promise.all([
    repeat(async () => void (await sweep(runtime, signal, send)), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(() => pollImages(signal), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(async () => lookAtPreviews(context, signal), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(() => promotions.wakeAll(signal), { intervalMs: sweepIntervalMs, log }, signal),
    repeat(async () => void (await sweepDrift(runtime, signal, send)), { intervalMs: driftIntervalMs, log }, signal),
  ]);
}
