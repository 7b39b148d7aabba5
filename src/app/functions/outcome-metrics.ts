import type { Log } from '../../deploy/ports/log.ts';

type Line = Parameters<Log>[0];

/** Which lines say that someone should look: an alarm counts them, unless what failed is tried again. */
const PROBLEMS: ReadonlySet<string> = new Set(['failed', 'not-ready', 'sweep-failed', 'drift-not-seen', 'dead-letter']);
const RUNS: ReadonlySet<string> = new Set(['deployed', 'unchanged', 'refused', 'partial', 'failed', 'waiting']);

/**
 * Makes CloudWatch metrics of a line that reports an outcome:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * A metric is billed for each hour in which it has a value, so there are four for all targets; the log has the rest.
 */
export function outcomeMetrics(stage: string) {
  return (line: Line, nowMs: number): Readonly<Record<string, unknown>> => {
    const values = valuesOf(line);
    const names = Object.keys(values);
    if (names.length === 0) return {};
    const metrics = names.map((Name) => ({ Name, Unit: UNITS[Name] ?? 'Count' }));
    const directive = { Namespace: 'Headgate', Dimensions: [['stage']], Metrics: metrics };
    return { stage, ...values, _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] } };
  };
}

const UNITS: Readonly<Record<string, string>> = { runMs: 'Milliseconds', readySeconds: 'Seconds' };

function valuesOf({ message, durationMs, requests, willRetry }: Line): Readonly<Record<string, number>> {
  const problem = PROBLEMS.has(message) && willRetry !== true ? { problems: 1 } : {};
  if (typeof durationMs !== 'number') return problem;
  if (message === 'ready') return { problems: 0, readySeconds: durationMs / 1000 };
  if (!RUNS.has(message)) return problem;
  return { problems: 0, ...problem, runMs: durationMs, requestCount: sumOf(requests) };
}

function sumOf(requests: unknown): number {
  if (typeof requests !== 'object' || requests === null) return 0;
  return Object.values(requests).reduce((sum: number, each: unknown) => sum + (typeof each === 'number' ? each : 0), 0);
}
