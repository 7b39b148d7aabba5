import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { files, range } from './content.ts';
import type { Layout } from './content.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { measureDelivery, measurePush, medianOf } from './measure.ts';
import type { Measured } from './measure.ts';

const REPEATS = 5;
const TURNS = 15;

export interface PushRow extends Measured {
  readonly scenario: string;
  readonly objects: number;
  readonly delayMs: number;
}

export interface PushScenario {
  readonly objects: number;
  readonly layout: Layout;
  readonly delayMs: number;
  /** The numbers of objects that pushes change. */
  readonly changes: readonly number[];
}

type Say = (text: string) => void;

/**
 * For repositories of several sizes: the first deploy, pushes of each number of changes, and a push outside the target. At
 * the end one change in each repository in turn, so that other load on the machine affects all sizes alike; right after a
 * first deploy of thousands of objects it does not.
 */
export async function measurePushes(
  scenarios: readonly PushScenario[],
  cluster: ClusterAddress,
  say: Say,
): Promise<readonly PushRow[]> {
  const labs: { readonly lab: Lab; readonly scenario: PushScenario }[] = [];
  try {
    const rows: PushRow[] = [];
    for (const scenario of scenarios) {
      const lab = await openLab({ cluster, delayMs: scenario.delayMs });
      labs.push({ lab, scenario });
      rows.push(...(await measureSize(lab, scenario, say)));
    }
    return labs.length === 1 ? rows : [...rows, ...(await measureInTurns(labs, say))];
  } finally {
    for (const { lab } of labs) await lab.close();
  }
}

async function measureSize(lab: Lab, scenario: PushScenario, say: Say): Promise<readonly PushRow[]> {
  const { objects, layout, changes } = scenario;
  const row = (name: string, measured: Measured) => rowOf(name, { scenario, measured, say });
  const first = await lab.repository.commit(files(range(objects), 'first', layout));
  await lab.repository.repack();
  const rows = [row('first deploy', await measureDelivery(lab, first))];
  // The first push after the deploy also loads modules and is not measured.
  await measurePush(lab, files([0], 'warm', layout));
  for (const count of changes) {
    const measured = await measureChanges(lab, { count, objects, layout });
    rows.push(row(count === 1 ? 'one change' : `${count} changes`, measured));
  }
  rows.push(row('push beside the target', await repeated((n) => measurePush(lab, { 'docs.md': String(n) }))));
  return rows;
}

async function measureInTurns(
  labs: readonly { readonly lab: Lab; readonly scenario: PushScenario }[],
  say: Say,
): Promise<readonly PushRow[]> {
  const measured = new Map<Lab, Measured[]>(labs.map(({ lab }) => [lab, []]));
  for (const n of range(TURNS)) {
    for (const { lab, scenario } of labs) {
      const change = files([(n * 61) % scenario.objects], `turn-${n}`, scenario.layout);
      measured.get(lab)?.push(await measurePush(lab, change));
    }
  }
  return labs.map(({ lab, scenario }) =>
    rowOf('one change, sizes in turn', { scenario, measured: medianOf(measured.get(lab) ?? []), say }),
  );
}

function rowOf(
  name: string,
  { scenario: { objects, layout, delayMs }, measured, say }: { scenario: PushScenario; measured: Measured; say: Say },
): PushRow {
  say(`${name} of ${objects} (${layout}, +${delayMs} ms): ${Math.round(measured.appliedMs)} ms`);
  return { scenario: layout === 'flat' ? `${name}, flat` : name, objects, delayMs, ...measured };
}

async function measureChanges(
  lab: Lab,
  { count, objects, layout }: { count: number; objects: number; layout: Layout },
): Promise<Measured> {
  const numbers = range(count, Math.max(1, Math.floor(objects / count)));
  return repeated((n) =>
    measurePush(lab, files(count === 1 ? [(n * 37) % objects] : numbers, `${count}-${n}`, layout)),
  );
}

async function repeated(once: (n: number) => Promise<Measured>): Promise<Measured> {
  const all: Measured[] = [];
  for (const n of range(REPEATS)) all.push(await once(n));
  return medianOf(all);
}
