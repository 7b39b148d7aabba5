import type { Config } from '../config/checked/config.ts';
import type { Log } from '../deploy/ports/log.ts';
import { makeMetricsRegistry } from './registry.ts';

type Line = Parameters<Log>[0];

/** What is read when Prometheus scrapes; everything else is counted as it is logged. */
export interface Scraped {
  readonly queues: readonly { readonly queue: string; readonly messages: number; readonly oldestMs: number | null }[];
  readonly requests: readonly { readonly server: string; readonly requests: number }[];
}

export interface DeployMetrics {
  /** Counts what a line of the log reports. */
  readonly observe: (line: Line) => void;
  readonly text: (scraped: Scraped) => string;
}

const RUNS: ReadonlySet<string> = new Set(['deployed', 'unchanged', 'refused', 'partial', 'failed', 'waiting']);
/** What a line says about the last run of its target; any other line says nothing. */
const RUN_FAILED: Readonly<Record<string, boolean>> = {
  deployed: false,
  unchanged: false,
  partial: true,
  refused: true,
  failed: true,
  'dead-letter': true,
};
/** What a line says about what the target has applied: no changes leave it as it is. */
const NOT_READY: Readonly<Record<string, boolean>> = { deployed: false, ready: false, 'not-ready': true };
const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];
/** The label of targets that directories in Git generate: a push must not add time series. */
const GENERATED = '(generated)';

/** The metrics of `serve`, from the lines that it logs anyway: no deploy makes a request more for them. */
export function deployMetrics(config: Pick<Config, 'targets'>, version: string): DeployMetrics {
  const known = new Set(config.targets.map(({ name }) => name));
  const metrics = defineMetrics();
  metrics.info.set({ version }, 1);
  metrics.sweepFailures.add({}, 0);
  const failing = new Map<string, Failing>();
  return {
    observe(line) {
      const target = typeof line['target'] === 'string' ? (known.has(line['target']) ? line['target'] : GENERATED) : '';
      observeLine(line, { metrics, target });
      const before = failing.get(target) ?? { run: false, readiness: false };
      const { message } = line;
      const now = { run: RUN_FAILED[message] ?? before.run, readiness: NOT_READY[message] ?? before.readiness };
      if (!known.has(target) || (!(message in RUN_FAILED) && !(message in NOT_READY))) return;
      failing.set(target, now);
      metrics.failing.set({ target }, now.run || now.readiness ? 1 : 0);
    },
    text({ queues, requests }) {
      for (const { queue, messages, oldestMs } of queues) {
        metrics.queued.set({ queue }, messages);
        metrics.oldest.set({ queue }, (oldestMs ?? 0) / 1000);
      }
      for (const { server, requests: count } of requests) metrics.requests.set({ server }, count);
      return metrics.registry.text();
    },
  };
}

interface Failing {
  readonly run: boolean;
  readonly readiness: boolean;
}

type Metrics = ReturnType<typeof defineMetrics>;

function observeLine({ message, ...line }: Line, { metrics, target }: { metrics: Metrics; target: string }): void {
  if (message === 'sweep-failed') metrics.sweepFailures.add({});
  if (message === 'dead-letter') metrics.deadLetters.add({ target });
  if (message === 'drift' && target !== GENERATED) metrics.drifted.set({ target }, numberOf(line['objects']));
  if (message === 'ready' || message === 'not-ready') {
    metrics.readiness.add({ target, result: message });
    if (message === 'ready') metrics.readyAfter.observe({}, numberOf(line['durationMs']) / 1000);
  }
  if (!RUNS.has(message)) return;
  metrics.deploys.add({ target, verdict: message });
  metrics.runs.observe({}, numberOf(line['durationMs']) / 1000);
  const { stagesMs } = line;
  if (typeof stagesMs !== 'object' || stagesMs === null) return;
  for (const [stage, ms] of Object.entries(stagesMs)) metrics.stages.observe({ stage }, numberOf(ms) / 1000);
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function defineMetrics() {
  const registry = makeMetricsRegistry();
  return {
    registry,
    info: registry.gauge({ name: 'headgate_build_info', help: 'Always 1.', labels: ['version'] }),
    deploys: registry.counter({
      name: 'headgate_deploys_total',
      help: 'Runs of targets by verdict.',
      labels: ['target', 'verdict'],
    }),
    failing: registry.gauge({
      name: 'headgate_target_failing',
      help: '1 while the last outcome of a target is partial, refused, failed, not ready or given up.',
      labels: ['target'],
    }),
    runs: registry.histogram({
      name: 'headgate_run_duration_seconds',
      help: 'How long runs of targets took, without readiness.',
      labels: [],
      buckets: SECONDS,
    }),
    stages: registry.histogram({
      name: 'headgate_deploy_duration_seconds',
      help: 'How long each stage of a run took.',
      labels: ['stage'],
      buckets: SECONDS,
    }),
    readiness: registry.counter({
      name: 'headgate_readiness_total',
      help: 'Deployed commits that became ready, or did not in time.',
      labels: ['target', 'result'],
    }),
    readyAfter: registry.histogram({
      name: 'headgate_ready_duration_seconds',
      help: 'How long it took from the start of a run until its objects were ready.',
      labels: [],
      buckets: SECONDS,
    }),
    drifted: registry.gauge({
      name: 'headgate_drifted_objects',
      help: 'Objects that differ from Git and are not corrected, at the last drift detection.',
      labels: ['target'],
    }),
    queued: registry.gauge({ name: 'headgate_queue_messages', help: 'Messages in a queue.', labels: ['queue'] }),
    oldest: registry.gauge({
      name: 'headgate_queue_oldest_message_age_seconds',
      help: 'The age of the oldest message in a queue; 0 when it is empty.',
      labels: ['queue'],
    }),
    deadLetters: registry.counter({
      name: 'headgate_dead_letters_total',
      help: 'Requests that were given up after their last retry.',
      labels: ['target'],
    }),
    sweepFailures: registry.counter({
      name: 'headgate_sweep_failures_total',
      help: 'Sweeps, or parts of one, that could not look at their targets.',
      labels: [],
    }),
    requests: registry.counter({
      name: 'headgate_requests_total',
      help: 'Requests to Git hosts and clusters, of runs, checks and sweeps.',
      labels: ['server'],
    }),
  };
}
