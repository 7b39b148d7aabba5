import { expect, vi } from 'vitest';
import { isObject } from '../../../../src/resource/resource.ts';
import type { JsonObject } from '../../../../src/resource/resource.ts';
import { widgetDefinition } from '../../testbed/widgets.ts';
import { withOther } from '../model.ts';
import type { Repository } from '../model.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

const HOLDER = 'apps/holder.yaml';
const HELD = 'apps/held.yaml';
const WAIT = { timeout: 60_000, interval: 100 };

/** Something that other objects are in: a Namespace, or the definition of their kind. */
interface Holder {
  readonly path: string;
  readonly manifest: string;
  readonly heldPath: string;
  readonly heldManifest: string;
  readonly collection: string;
  readonly foreign: JsonObject;
}

/**
 * A holder and what is in it come with one push. While it still holds anything, it stays when it leaves Git, first what
 * Git has in it and then what others have. It goes with the first push that finds it empty.
 */
async function comeAndGo(soak: Soak, holder: Holder): Promise<void> {
  const { api } = soak;
  soak.clusterWide.push(holder.path);
  const foreignPath = `${holder.collection}/foreign`;
  const with1 = withOther(withOther(soak.repository, HOLDER, holder.manifest), HELD, holder.heldManifest);
  await deploy(soak, with1);
  const uids = await uidsOf(soak, holder);
  await deploy(soak, withOther(soak.repository, HOLDER, null));
  expect(await uidsOf(soak, holder), 'what Git has in it keeps it').toEqual(uids);
  await api.create(holder.collection, holder.foreign);
  await deploy(soak, withOther(soak.repository, HELD, null));
  await vi.waitFor(async () => expect(await uidOf(soak, holder.heldPath)).toBeNull(), WAIT);
  expect(await uidOf(soak, foreignPath), 'others have it').not.toBeNull();
  expect(await uidOf(soak, holder.path), 'what others have in it keeps it').toBe(uids[0]);
  await api.remove(foreignPath);
  await vi.waitFor(async () => expect(await api.get(foreignPath)).toBeNull(), WAIT);
  // Both leave Git for good with this push.
  await deploy(soak, withOther(soak.repository, HOLDER, holder.manifest));
  await deploy(soak, withOther(soak.repository, HOLDER, null));
  await vi.waitFor(async () => expect(await uidOf(soak, holder.path), 'it is empty').toBeNull(), WAIT);
  soak.forgetHistory();
}

async function deploy(soak: Soak, repository: Repository): Promise<void> {
  await soak.outcome(await soak.push(repository, 'delivered'), 'deployed', 'unchanged');
}

const uidsOf = (soak: Soak, { path, heldPath }: Holder) =>
  Promise.all([path, heldPath].map((each) => uidOf(soak, each)));

/** Null if it does not exist, or is going. */
async function uidOf({ api }: Soak, path: string): Promise<unknown> {
  const metadata = (await api.get(path))?.['metadata'];
  return isObject(metadata) && metadata['deletionTimestamp'] === undefined ? metadata['uid'] : null;
}

function namespace({ testbed, sources }: Soak): Holder {
  const name = `${testbed.namespace}-${sources.freshName()}`;
  const collection = `/api/v1/namespaces/${name}/configmaps`;
  const held = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: held, namespace: ${name} }\n`;
  return {
    path: `/api/v1/namespaces/${name}`,
    manifest: `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`,
    heldPath: `${collection}/held`,
    heldManifest: held,
    collection,
    foreign: { metadata: { name: 'foreign' } },
  };
}

function definition({ testbed, sources }: Soak): Holder {
  const group = `${sources.freshName()}.${testbed.namespace}.example.com`;
  const collection = `/apis/${group}/v1/namespaces/${testbed.namespace}/widgets`;
  const apiVersion = `${group}/v1`;
  return {
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`,
    manifest: widgetDefinition(group, [{ name: 'v1' }]),
    heldPath: `${collection}/held`,
    heldManifest: `apiVersion: ${apiVersion}\nkind: Widget\nmetadata: { name: held }\n`,
    collection,
    foreign: { apiVersion, kind: 'Widget', metadata: { name: 'foreign' } },
  };
}

export const CLUSTER_WIDE: readonly Operation[] = [
  { name: 'Namespace comes and goes', weight: 3, run: (soak) => comeAndGo(soak, namespace(soak)) },
  { name: 'definition comes and goes', weight: 3, run: (soak) => comeAndGo(soak, definition(soak)) },
];
