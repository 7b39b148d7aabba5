import { expect, it } from 'vitest';
import { makeMetricsRegistry } from '../../src/metrics/registry.ts';

it('writes counters, gauges and histograms as Prometheus reads them', () => {
  const registry = makeMetricsRegistry();
  const runs = registry.counter({ name: 'runs_total', help: 'Runs.', labels: ['target', 'verdict'] });
  runs.add({ target: 'shop', verdict: 'deployed' });
  runs.add({ target: 'shop', verdict: 'deployed' }, 2);
  registry.gauge({ name: 'age_seconds', help: 'Age.', labels: [] }).set({}, 1.5);
  const took = registry.histogram({ name: 'took_seconds', help: 'Took.', labels: ['stage'], buckets: [0.1, 1] });
  for (const value of [0.05, 0.1, 0.5, 7]) took.observe({ stage: 'plan' }, value);
  expect(registry.text().split('\n')).toEqual([
    '# HELP runs_total Runs.',
    '# TYPE runs_total counter',
    'runs_total{target="shop",verdict="deployed"} 3',
    '# HELP age_seconds Age.',
    '# TYPE age_seconds gauge',
    'age_seconds 1.5',
    '# HELP took_seconds Took.',
    '# TYPE took_seconds histogram',
    'took_seconds_bucket{stage="plan",le="0.1"} 2',
    'took_seconds_bucket{stage="plan",le="1"} 3',
    'took_seconds_bucket{stage="plan",le="+Inf"} 4',
    'took_seconds_sum{stage="plan"} 7.65',
    'took_seconds_count{stage="plan"} 4',
    '',
  ]);
});

it('escapes quotes, backslashes and line breaks in labels and help', () => {
  const registry = makeMetricsRegistry();
  registry.gauge({ name: 'a', help: 'one\ntwo\\', labels: ['b'] }).set({ b: 'x"\\\n} 9' }, 1);
  expect(registry.text()).toBe('# HELP a one\\ntwo\\\\\n# TYPE a gauge\na{b="x\\"\\\\\\n} 9"} 1\n');
});
