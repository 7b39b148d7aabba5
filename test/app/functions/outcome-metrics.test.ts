import { describe, expect, it } from 'vitest';
import { outcomeMetrics } from '../../../src/app/functions/outcome-metrics.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';

const AT = Date.parse('2026-01-01T00:00:00Z');

function written(line: Parameters<Log>[0]): Record<string, unknown> {
  const lines: string[] = [];
  jsonLog({ write: (text) => lines.push(text), nowMs: () => AT, fieldsOf: outcomeMetrics('prod') })(line);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

/** As CloudWatch reads a line: the values that its directive names. */
function metricsOf(line: Parameters<Log>[0]): Record<string, unknown> {
  const read = written(line);
  const aws = read['_aws'] as
    { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[] } | undefined;
  const [directive] = aws?.CloudWatchMetrics ?? [];
  for (const name of directive?.Dimensions.flat() ?? []) expect(read[name]).toBe('prod');
  return Object.fromEntries(
    (directive?.Metrics ?? []).map(({ Name, Unit }) => [Name, `${String(read[Name])} ${Unit}`]),
  );
}

describe('the log of a function', () => {
  it('has the timestamp that AWS documents beside the time', () => {
    expect(written({ level: 'info', message: 'receive' })).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      timestamp: '2026-01-01T00:00:00.000Z',
      level: 'info',
      message: 'receive',
    });
  });

  it('makes metrics of a run: its time and its requests', () => {
    const line = { level: 'info', message: 'deployed', verdict: 'deployed', durationMs: 420 } as const;
    expect(metricsOf({ ...line, requests: { git: 4, kubernetes: 8, host: 2 } })).toEqual({
      problems: '0 Count',
      runMs: '420 Milliseconds',
      requestCount: '14 Count',
    });
  });

  it('makes a metric of the seconds until what was applied is ready', () => {
    expect(metricsOf({ level: 'info', message: 'ready', durationMs: 31_000 })).toEqual({
      problems: '0 Count',
      readySeconds: '31 Seconds',
    });
  });

  it.each(['not-ready', 'sweep-failed', 'drift-not-seen', 'dead-letter', 'failed'])(
    'counts %s as a problem',
    (message) => {
      expect(metricsOf({ level: 'error', message })).toEqual({ problems: '1 Count' });
    },
  );

  it('counts no failure that is tried again: its request is counted when it is given up', () => {
    const line = { level: 'error', message: 'failed', verdict: 'failed', durationMs: 25_000, willRetry: true } as const;
    expect(metricsOf(line)).toMatchObject({ problems: '0 Count', runMs: '25000 Milliseconds' });
  });

  it('makes no metric of any other line', () => {
    expect(metricsOf({ level: 'debug', message: 'check', durationMs: 5 })).toEqual({});
  });

  it('keeps the fields of the line', () => {
    const line = { level: 'warn', message: 'not-ready', target: 'shop', durationMs: 300_000 } as const;
    expect(written(line)).toMatchObject({ target: 'shop', durationMs: 300_000, problems: 1, stage: 'prod' });
  });
});
