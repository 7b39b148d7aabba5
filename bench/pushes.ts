import type { ClusterAddress } from '../test/cluster/control-plane.ts';
import { files, range } from './content.ts';
import type { Layout } from './content.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { measureDelivery, measurePush, medianOf } from './measure.ts';
import type { Measured } from './measure.ts';

const REPEATS = 5;

export interface PushRow extends Measured {
  readonly scenario: string;
  readonly objects: number;
  readonly delayMs: number;
}

export interface PushScenario {
  readonly objects: number;
  readonly layout: Layout;
  readonly delayMs: number;
  /** How many objects a push changes, each in turn. */
  readonly changes: readonly number[];
}

/** A repository of this size: its first deploy, then pushes of each size, then one that does not concern the target. */
export async function measurePushes(
  { objects, layout, delayMs, changes }: PushScenario,
  cluster: ClusterAddress,
  say: (text: string) => void,
): Promise<readonly PushRow[]> {
  const lab = await openLab({ cluster, delayMs });
  const row = (scenario: string, measured: Measured): PushRow => {
    say(`${scenario} of ${objects} (${layout}, +${delayMs} ms): ${Math.round(measured.appliedMs)} ms`);
    return { scenario: layout === 'flat' ? `${scenario}, flat` : scenario, objects, delayMs, ...measured };
  };
  try {
    const first = await lab.repository.commit(files(range(objects), 'first', layout));
    await lab.repository.repack();
    const rows = [row('first deploy', await measureDelivery(lab, first))];
    // The first push after it also pays for what is loaded once.
    await measurePush(lab, files([0], 'warm', layout));
    for (const count of changes) {
      rows.push(
        row(count === 1 ? 'one change' : `${count} changes`, await measureChanges(lab, { count, objects, layout })),
      );
    }
    rows.push(row('push beside the target', await repeated((n) => measurePush(lab, { 'docs.md': String(n) }))));
    return rows;
  } finally {
    await lab.close();
  }
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
