import type { JsonObject } from '../../../../src/resource/resource.ts';
import { pathOf } from '../model.ts';
import { pickFrom } from '../random.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

/** An object of Git that was not changed by hand before. */
function untouched(soak: Soak): string | undefined {
  const { foreign, touched, sources } = soak;
  const all = Object.keys(soak.expected()).filter((each) => foreign[each] === undefined && !touched.has(each));
  const object = pickFrom(all, sources.random);
  if (object !== undefined) soak.touch(object);
  return object;
}

async function edit(soak: Soak): Promise<void> {
  const object = untouched(soak);
  if (object !== undefined) await soak.api.patch(pathOf(object), { data: { v: 'edited by hand' } });
}

async function remove(soak: Soak): Promise<void> {
  const object = untouched(soak);
  if (object !== undefined) await soak.api.remove(pathOf(object));
}

/** Some carry a copied label of an owned object, as controllers copy labels. */
async function createForeign({ api, sources, foreign, testbed }: Soak): Promise<void> {
  const { random, namespaces, freshName } = sources;
  const namespace = pickFrom(namespaces, random) ?? '';
  const name = `foreign-${freshName()}`;
  const parent = await api.get(pathOf(`${testbed.namespace}/headgate-${testbed.namespace}`));
  const set = ((parent?.['metadata'] as JsonObject | undefined)?.['labels'] as JsonObject | undefined)?.[
    'applyset.kubernetes.io/id'
  ];
  const labels = typeof set === 'string' && random() < 0.5 ? { 'applyset.kubernetes.io/part-of': set } : {};
  await api.create(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name, labels }, data: { v: name } });
  foreign[`${namespace}/${name}`] = name;
}

async function deleteState({ api, sources }: Soak): Promise<void> {
  const namespace = pickFrom(sources.namespaces, sources.random) ?? '';
  await api.remove(pathOf(`${namespace}/headgate-${namespace}`));
}

export const BY_HAND: readonly Operation[] = [
  { name: 'edit by hand', weight: 60, run: edit },
  { name: 'delete by hand', weight: 60, run: remove },
  { name: 'foreign object', weight: 40, run: createForeign },
  { name: 'state deleted', weight: 40, run: deleteState },
];
