import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { consume } from '../../queue/consumer.ts';
import type { SqsQueue } from '../../platforms/aws/sqs/queue.ts';
import { RUN_LIMITS } from '../../cluster/state/limits.ts';
import type { RunLimits } from '../../cluster/state/limits.ts';
import type { Config } from '../../config/checked/config.ts';
import type { DeployRequest } from '../../deploy/ports/request.ts';
import { reportDead } from '../../deploy/report/report-dead.ts';
import { runRequests } from '../../deploy/run-requests.ts';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import { sweep } from '../../deploy/sweep.ts';
import { BODY_LIMIT_BYTES } from '../../deploy/webhook/receive.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { consumeChecks } from './consume-checks.ts';
import { deadLetters } from '../../platforms/local/dead-letters.ts';
import { holderOf } from '../../platforms/local/holder.ts';
import { startHttpServer } from '../../platforms/local/http-server.ts';
import { openLocalQueues } from '../../platforms/local/queues.ts';
import { wait } from '../wait.ts';
import { localRuntime } from './local-runtime.ts';
import { VERSION } from '../version.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { Queue } from '../../deploy/ports/queue.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly dataDirectory: string;
  readonly host: string;
  readonly port: number;
  readonly sweepIntervalMs: number;
  readonly driftIntervalMs: number;
  /** What is not said is as users have it. */
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
  /** Finishes what is under way, or hands it back, within 25 seconds. */
  stop(): Promise<void>;
}

const LIMITS: ServeLimits = { run: RUN_LIMITS, visibilitySeconds: 30, openQueues: openLocalQueues };
const CONCURRENCY = 8;
const STOP_MS = 20_000;

/** Everything in one process: webhook, durable queue, deploys, sweeps. */
export async function serve({
  config,
  env,
  log,
  dataDirectory,
  host,
  port,
  sweepIntervalMs,
  driftIntervalMs,
  limits = LIMITS,
}: ServeOptions): Promise<Service> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const holder = await holderOf(dataDirectory);
  const queues = await limits.openQueues(dataDirectory);
  // What was waited for goes on at once, also behind a request that waits for its next try.
  const goingOn: Queue = { send: (sent, signal) => nudging(queues.deploy, deploys).send(sent, signal) };
  const outbox = { checks: queues.checks, requests: goingOn };
  const runtime = localRuntime({ config, env, log, holder, progress: () => undefined, outbox, limits: limits.run });
  const stopping = new AbortController();
  try {
    // A secret that is missing is an error now, not at the first push.
    await Promise.all(
      [...config.repositories.values()].map((repository) => runtime.secretsOf(repository, stopping.signal)),
    );
  } catch (thrown) {
    await queues.close();
    runtime.close();
    throw thrown;
  }
  const letters = deadLetters({ dataDirectory, nowMs: runtime.nowMs });

  const common = { log, wait, random: Math.random, visibilitySeconds: limits.visibilitySeconds };
  const onPoison = async (body: string) => {
    log({ level: 'error', message: 'not-a-request', length: body.length });
    await letters.add({
      target: '(unreadable message)',
      delivery: '',
      revision: null,
      at: new Date(runtime.nowMs()).toISOString(),
    });
  };
  const deploys = consume({
    ...common,
    queue: queues.deploy,
    concurrency: CONCURRENCY,
    onPoison,
    async handler(requests, signal) {
      const outcome = await runRequests(requests, runtime, signal);
      if (outcome.kind === 'retry') return outcome;
      const isForTip = requests.some(({ drift }) => drift === undefined);
      if (isForTip && (outcome.report?.verdict === 'deployed' || outcome.report?.verdict === 'unchanged'))
        await letters.clear(requests[0]?.target ?? '');
      return { kind: 'done' };
    },
  });
  const deadConsumer = consume({
    ...common,
    queue: queues.dead,
    concurrency: 1,
    onPoison,
    async handler(requests, signal) {
      for (const request of requests) {
        await letters.add({
          target: request.target,
          delivery: request.delivery,
          revision: request.hint?.revision ?? null,
          at: new Date(runtime.nowMs()).toISOString(),
        });
        // The letter is kept; a status that cannot be written is only logged.
        await reportDead(request, runtime, signal).catch((thrown: unknown) =>
          log({
            level: 'warn',
            message: 'not-reported',
            target: request.target,
            errors: [asDeployError(thrown).problem],
          }),
        );
      }
      return { kind: 'done' };
    },
  });

  const checks = consumeChecks({ ...common, queue: queues.checks, runtime, onPoison });

  const queue = nudging(queues.deploy, deploys);
  const { secretsOf, rotatedSecretsOf, nowMs } = runtime;
  const reception = {
    config,
    version: VERSION,
    limitBytes: BODY_LIMIT_BYTES,
    secretsOf,
    rotatedSecretsOf,
    queue,
    log,
    nowMs,
    randomId: randomUUID,
  };
  const server = await startHttpServer({ host, port }, reception);
  const { signal } = stopping;
  const ask = async (requests: readonly DeployRequest[]) => {
    if (requests.length > 0) await queues.deploy.send(requests, signal);
  };
  const sweeps = Promise.all([
    sweepForever({ intervalMs: sweepIntervalMs, signal, log }, async () => ask(await sweep(runtime, signal))),
    sweepForever({ intervalMs: driftIntervalMs, signal, log }, async () => ask(await sweepDrift(runtime, signal))),
  ]);
  log({ level: 'info', message: 'listening', url: server.url });

  return {
    url: server.url,
    async stop() {
      stopping.abort();
      await server.close(5000);
      await Promise.all([deploys.stop(STOP_MS), deadConsumer.stop(STOP_MS), checks.stop(0), sweeps]);
      await queues.close();
      runtime.close();
    },
  };
}

/** A delivery always tries: what waits for its next try must not hold up the newer request behind it. */
function nudging(queue: SqsQueue, consumer: { nudge(targets: readonly string[]): void }) {
  return {
    async send(requests: readonly DeployRequest[], signal: AbortSignal) {
      await queue.send(requests, signal);
      consumer.nudge(requests.map(({ target }) => target));
    },
  };
}

async function sweepForever(
  { intervalMs, signal, log }: { intervalMs: number; signal: AbortSignal; log: Log },
  once: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await wait(intervalMs, signal);
      await once();
    } catch (thrown) {
      if (!signal.aborted) log({ level: 'error', message: 'sweep-failed', errors: [asDeployError(thrown).problem] });
    }
  }
}
