import { put } from '../model.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

/** What kubectl applied before becomes exactly what Git says: the fields that only kubectl had are removed. */
async function adopt(soak: Soak): Promise<void> {
  const { testbed, repository, sources } = soak;
  const { namespace } = testbed;
  const name = sources.freshName();
  const labels = 'labels: { team: before }, annotations: { note: before }';
  await testbed.applyByHand(
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, ${labels} }\ndata: { v: before, more: before }\n`,
  );
  const revision = await soak.push(put(repository, 'apps/b.yml', { namespace, name, value: 'adopted' }), 'delivered');
  // Git may lose it again in the next operation. Only an object that was adopted before is then deleted.
  await soak.outcome(revision, 'deployed', 'unchanged');
}

export const ADOPTIONS: readonly Operation[] = [{ name: 'adoption', weight: 15, run: adopt }];
