import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { deployMetrics } from '../../src/metrics/deploy-metrics.ts';
import { renderLines } from '../../src/deploy/report/channels/log.ts';
import { EVENTS } from '../deploy/report/events.ts';
import { configOf, file } from '../config/builders.ts';

const config = configOf(file({}));
const NOTHING = { queues: [], requests: [] };
const NO_COUNTERS = { git: null, kubernetes: null, host: null };

/** The metrics after these events of target shop-prod, as the log reports them. */
function after(events: readonly (keyof typeof EVENTS)[], target = 'shop-prod'): readonly string[] {
  const metrics = deployMetrics(config, '1.2.3');
  for (const name of events) {
    const subject = { target, repository: 'fleet', delivery: 'd', notify: [], requestedAt: '2026-01-01T00:00:00Z' };
    for (const line of renderLines(EVENTS[name], subject, NO_COUNTERS)) metrics.observe(line);
  }
  return metrics.text(NOTHING).split('\n');
}

describe('the metrics of serve', () => {
  it('count runs by target and verdict, with their stages', () => {
    const lines = after(['a deploy of a target that does not wait', 'a partial deploy', 'a refusal that is recorded']);
    expect(lines).toContain('headgate_deploys_total{target="shop-prod",verdict="deployed"} 1');
    expect(lines).toContain('headgate_deploys_total{target="shop-prod",verdict="partial"} 1');
    expect(lines).toContain('headgate_deploys_total{target="shop-prod",verdict="refused"} 1');
    expect(lines).toContain('headgate_run_duration_seconds_count 3');
    expect(lines.some((line) => line.startsWith('headgate_deploy_duration_seconds_bucket{stage="'))).toBe(true);
  });

  it.each([
    ['a partial deploy', 1],
    ['a failure that is retried', 1],
    ['a deploy that is ready at once', 0],
  ] as const)('say whether the last outcome of a target is bad: %s', (name, failing) => {
    expect(after([name])).toContain(`headgate_target_failing{target="shop-prod"} ${failing}`);
  });

  it('keep a target failing that is not ready, until it is ready or something else is deployed', () => {
    const failing = (value: number) => `headgate_target_failing{target="shop-prod"} ${value}`;
    const unchanged = 'a run without changes that answers a delivery';
    expect(after(['objects that are not ready', unchanged])).toContain(failing(1));
    expect(after(['objects that are not ready', 'readiness'])).toContain(failing(0));
    expect(after(['objects that are not ready', 'a deploy of a target that does not wait'])).toContain(failing(0));
  });

  it('have no time series that a pushed directory chooses', () => {
    const lines = after(['a partial deploy', 'readiness'], 'team-from-git').join('\n');
    expect(lines).not.toContain('team-from-git');
    expect(lines).toContain('headgate_deploys_total{target="(generated)",verdict="partial"} 1');
  });

  it('show queues, servers and drift', () => {
    const metrics = deployMetrics(config, '1.2.3');
    metrics.observe({ level: 'debug', message: 'drift', target: 'shop-prod', objects: 3 });
    const text = metrics.text({
      queues: [{ queue: 'deploy', messages: 2, oldestMs: 90_500 }],
      requests: [{ server: 'cluster lab', requests: 12 }],
    });
    expect(text).toContain('headgate_drifted_objects{target="shop-prod"} 3\n');
    expect(text).toContain('headgate_queue_messages{queue="deploy"} 2\n');
    expect(text).toContain('headgate_queue_oldest_message_age_seconds{queue="deploy"} 90.5\n');
    expect(text).toContain('headgate_requests_total{server="cluster lab"} 12\n');
  });
});

const docs = join(import.meta.dirname, '..', '..', 'docs');
const exported = new Set(
  deployMetrics(config, '1')
    .text(NOTHING)
    .split('\n')
    .flatMap((line) => {
      const [, name = '', type] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
      return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : name === '' ? [] : [name];
    }),
);
const unknownIn = (text: string) =>
  [...text.matchAll(/\bheadgate_\w+/g)].map(([name]) => name).filter((name) => !exported.has(name));

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: Readonly<Record<'h' | 'w' | 'x' | 'y', number>>;
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly datasource: object }[];
}

describe('what is shipped for Prometheus and Grafana', () => {
  it('has alerts with every field that Prometheus needs, over metrics that exist', () => {
    const text = readFileSync(join(docs, 'metrics', 'alerts.yml'), 'utf8');
    const { groups } = parse(text) as { groups: { name: string; rules: Record<string, unknown>[] }[] };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThanOrEqual(4);
    for (const rule of rules) {
      expect(Object.keys(rule)).toEqual(['alert', 'expr', 'for', 'labels', 'annotations']);
      expect(rule['alert']).toMatch(/^Headgate[A-Za-z]+$/);
      expect(rule['annotations']).toEqual({ summary: expect.any(String), description: expect.any(String) });
    }
    expect(unknownIn(text)).toEqual([]);
  });

  it('has a dashboard that Grafana can import, over metrics that exist', () => {
    const text = readFileSync(join(docs, 'metrics', 'dashboard.json'), 'utf8');
    const dashboard = JSON.parse(text) as { schemaVersion: number; panels: Panel[]; templating: { list: object[] } };
    expect(dashboard).toMatchObject({ uid: 'headgate', title: 'Headgate', time: { from: 'now-24h', to: 'now' } });
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(dashboard.templating.list).toEqual([expect.objectContaining({ name: 'datasource', type: 'datasource' })]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, type, gridPos, targets } of dashboard.panels) {
      expect(['stat', 'timeseries', 'table'], title).toContain(type);
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { expr, refId, datasource } of targets) {
        expect(refId).toMatch(/^[A-Z]$/);
        expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
        expect(expr, title).toMatch(/headgate_/);
      }
    }
    expect(unknownIn(text)).toEqual([]);
  });

  it('is described metric by metric in docs/metrics.md', () => {
    const text = readFileSync(join(docs, 'metrics.md'), 'utf8');
    const families = [...exported].map((name) => name.replace(/(_seconds)_(bucket|sum|count)$/, '$1'));
    expect(families.filter((name) => !text.includes(`\`${name}`))).toEqual([]);
  });
});
