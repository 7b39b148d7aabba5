import type { AlternativeRow } from './alternatives.ts';
import type { FlowRow } from './flows.ts';
import type { KustomizeRow } from './kustomize.ts';
import type { LoadRow } from './load.ts';
import type { PushRow } from './pushes.ts';
import type { SweepRow } from './sweep.ts';

export interface Results {
  readonly machine: string;
  readonly at: string;
  readonly pushes: readonly PushRow[];
  readonly alternatives: readonly AlternativeRow[];
  readonly sweeps: readonly SweepRow[];
  readonly kustomize: readonly KustomizeRow[];
  readonly load: readonly LoadRow[];
  readonly flows: readonly FlowRow[];
}

const round = (value: number) => (Number.isFinite(value) ? String(Math.round(value)) : '–');

/** As Markdown, to be copied into docs/benchmarks.md. */
export function tables(results: Results): string {
  const parts = [
    `${results.machine}; ${results.at.slice(0, 10)}`,
    pushTable(results.pushes),
    alternativeTable(results),
    sweepTable(results.sweeps),
    kustomizeTable(results.kustomize),
    loadTable(results.load),
    flowTable(results.flows),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function kustomizeTable(rows: readonly KustomizeRow[]): string {
  return table(
    ['kustomization of', 'way', 'time, ms', 'Kubernetes requests'],
    rows.map(({ objects, way, ms, kubernetes }) => [`${objects} objects`, way, round(ms), String(kubernetes)]),
  );
}

function flowTable(rows: readonly FlowRow[]): string {
  return table(
    ['from → to', 'median, ms', 'greatest, ms', 'Kubernetes requests'],
    rows.map(({ flow, ms, maxMs, kubernetes }) => [
      flow,
      round(ms),
      round(maxMs),
      kubernetes === 0 ? '–' : String(kubernetes),
    ]),
  );
}

function pushTable(rows: readonly PushRow[]): string {
  const head = [
    'objects',
    'push',
    'added delay, ms',
    'webhook → applied, ms',
    'fetch / render / plan / apply / record, ms',
    'Kubernetes requests (LIST)',
    'Git requests',
    'Git bytes',
    'CPU, ms',
    'peak memory, MB',
  ];
  return table(
    head,
    rows.map((row) => [
      String(row.objects),
      row.scenario,
      String(row.delayMs),
      round(row.appliedMs),
      ['fetch', 'render', 'plan', 'apply', 'record'].map((stage) => round(row.stagesMs[stage] ?? 0)).join(' / '),
      `${row.kubernetes} (${row.lists})`,
      String(row.git),
      String(row.gitBytes),
      round(row.cpuMs),
      round(row.peakMb),
    ]),
  );
}

/** Ratios are comparable between machines. */
function alternativeTable({ alternatives, pushes }: Results): string {
  return table(
    [
      'objects',
      'CI job',
      'clone, ms',
      'kubectl, ms',
      'Kubernetes requests',
      'Headgate for the same change, ms',
      'ratio',
    ],
    alternatives.map(({ objects, way, cloneMs, runMs, kubernetes }) => {
      const push = pushes.find((row) => row.objects === objects && row.scenario === 'one change' && row.delayMs === 0);
      const ratio = push === undefined ? '–' : `${((cloneMs + runMs) / push.appliedMs).toFixed(0)} ×`;
      const cells = [round(cloneMs), round(runMs), String(kubernetes), round(push?.appliedMs ?? Number.NaN), ratio];
      return [String(objects), `clone, ${way}`, ...cells];
    }),
  );
}

function sweepTable(rows: readonly SweepRow[]): string {
  return table(
    ['objects', 'edited by hand', '`headgate sweep`, ms', 'Kubernetes requests (LIST)'],
    rows.map(({ objects, drifted, ms, kubernetes, lists }) => [
      String(objects),
      String(drifted),
      round(ms),
      `${kubernetes} (${lists})`,
    ]),
  );
}

function loadTable(rows: readonly LoadRow[]): string {
  return table(
    [
      'targets',
      'deliveries',
      'webhook p50 / p99, ms',
      'applied p50 / p99, ms',
      'runs',
      'lost',
      'drained after, ms',
      'CPU per delivery, ms',
    ],
    rows.map(({ targets, deliveries, perSecond, webhookMs, appliedMs, runs, lost, drainedMs, cpuMs }) => [
      String(targets),
      `${deliveries} at ${perSecond} per second`,
      `${round(webhookMs.p50)} / ${round(webhookMs.p99)}`,
      `${round(appliedMs.p50)} / ${round(appliedMs.p99)}`,
      String(runs),
      String(lost),
      round(drainedMs),
      round(cpuMs),
    ]),
  );
}
