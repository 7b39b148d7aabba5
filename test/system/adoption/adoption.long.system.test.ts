import { afterEach, expect, it } from 'vitest';
import { changedFields } from '../../../src/plan/model/field-changes.ts';
import { stringifyJson } from '../../../src/resource/json.ts';
import { isObject } from '../../../src/resource/resource.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { pickFrom, randomFrom } from '../../rig/chaos/random.ts';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import { openApi } from '../../rig/cluster/api.ts';
import type { Api } from '../../rig/cluster/api.ts';
import { inProcess } from '../../rig/testbed/in-process.ts';
import { Testbed } from '../../rig/testbed/testbed.ts';
import { widgetDefinition } from '../../rig/testbed/widgets.ts';
import { KINDS, WIDGET_SCHEMA, randomObjects } from './random-objects.ts';
import type { RandomKind } from './random-objects.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const OBJECTS = 300;
const SEED = Number(process.env['HEADGATE_ADOPTION_SEED'] ?? 20_261);

/** Objects that kubectl or Helm created, by the arguments of `kubectl`. */
const CREATORS = [
  ['apply'],
  ['apply', '--server-side'],
  ['create'],
  ['apply', '--server-side', '--field-manager=helm'],
] as const;
const HELM = { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' };

/** Writers that change an object afterwards. The managers of the last three keep their fields. */
const WRITERS = [
  'kubectl-edit',
  'kubectl-set',
  'scale',
  'forgotten managers',
  'controller',
  'operator',
  'kubectl-patch',
] as const;

interface Drawn {
  readonly kind: RandomKind;
  readonly name: string;
  readonly creator: (typeof CREATORS)[number];
  readonly writers: readonly { readonly writer: (typeof WRITERS)[number]; readonly object: JsonObject }[];
  readonly created: JsonObject;
  readonly desired: JsonObject;
}

function drawObjects(group: string): readonly Drawn[] {
  const random = randomFrom(SEED);
  const draw = randomObjects(random, group);
  return Array.from({ length: OBJECTS }, (_, n) => {
    const kind = KINDS[n % KINDS.length] ?? 'ConfigMap';
    const name = `r${n}`;
    const creator = pickFrom(CREATORS, random) ?? CREATORS[0];
    const count = Math.floor(random() * 3);
    const writers = Array.from({ length: count }, () => ({
      writer: pickFrom(WRITERS, random) ?? WRITERS[0],
      object: draw(kind, name),
    }));
    return { kind, name, creator, writers, created: draw(kind, name), desired: draw(kind, name) };
  });
}

/** Creates the objects with one kubectl for each creator, then lets the other writers change them. */
async function writeLive(drawn: readonly Drawn[], api: Api, pathOf: (object: Drawn) => string): Promise<void> {
  for (const creator of CREATORS) {
    const items = drawn
      .filter((each) => each.creator === creator)
      .map(({ created }) => (creator.length === 3 ? withAnnotations(created, HELM) : created));
    const list = stringifyJson({ apiVersion: 'v1', kind: 'List', items });
    const { code, stderr } = await kubectl(testbed.cluster, ['-n', testbed.namespace, ...creator, '-f', '-'], list);
    if (code !== 0) throw new Error(stderr);
  }
  await Promise.all(
    drawn.map(async (each) => {
      for (const { writer, object } of each.writers)
        expect([200, 422]).toContain(await writeAs(writer, object, { api, path: pathOf(each) }));
    }),
  );
}

function withAnnotations(object: JsonObject, annotations: JsonObject): JsonObject {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const own = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  return { ...object, metadata: { ...metadata, annotations: { ...own, ...annotations } } };
}

/** Returns the HTTP status. What one writer leaves may be invalid without the fields of another, and is refused then. */
async function writeAs(
  writer: (typeof WRITERS)[number],
  object: JsonObject,
  { api, path }: { api: Api; path: string },
): Promise<number> {
  switch (writer) {
    case 'scale':
      return object['kind'] === 'Deployment'
        ? api.patchAs('merge-patch', `${path}/scale?fieldManager=kubectl`, { spec: { replicas: 5 } })
        : 200;
    case 'forgotten managers':
      return api.patchAs('merge-patch', path, { metadata: { managedFields: [{}] } });
    case 'operator':
      return api.patchAs('apply-patch', `${path}?fieldManager=operator&force=true`, object);
    case 'controller':
    case 'kubectl-edit':
    case 'kubectl-set':
    case 'kubectl-patch': {
      const type = object['kind'] === 'Widget' ? 'merge-patch' : 'strategic-merge-patch';
      return api.patchAs(type, `${path}?fieldManager=${writer}`, object);
    }
    default:
      return writer satisfies never;
  }
}

/** Written by the controller of Deployments, not by the deploy. */
const REVISION = '.metadata.annotations["deployment.kubernetes.io/revision"]';

it('shows in the plan exactly what the deploy changes in objects that other tools wrote', async () => {
  process.stderr.write(`adoption: seed ${SEED} (HEADGATE_ADOPTION_SEED)\n`);
  testbed = await Testbed.build({ target: { adopt: true, wait: '0s' } });
  const group = `${testbed.namespace}.example.com`;
  await testbed.applyByHand(widgetDefinition(group, [{ name: 'v1', schema: WIDGET_SCHEMA }]));
  await testbed.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
  const api = await openApi(testbed.cluster);
  const headgate = inProcess(testbed);
  try {
    const collections: Readonly<Record<RandomKind, string>> = {
      ConfigMap: `/api/v1/namespaces/${testbed.namespace}/configmaps`,
      Deployment: `/apis/apps/v1/namespaces/${testbed.namespace}/deployments`,
      Service: `/api/v1/namespaces/${testbed.namespace}/services`,
      Widget: `/apis/${group}/v1/namespaces/${testbed.namespace}/widgets`,
    };
    const pathOf = ({ kind, name }: Drawn) => `${collections[kind]}/${name}`;
    const drawn = drawObjects(group);
    await writeLive(drawn, api, pathOf);
    const read = async () =>
      new Map(await Promise.all(drawn.map(async (each) => [each.name, await api.get(pathOf(each))] as const)));

    await testbed.push({ 'apps/all.yaml': drawn.map(({ desired }) => stringifyJson(desired)).join('\n---\n') });
    const before = await read();
    const { changes, refusals } = await headgate.plan();
    expect(refusals).toEqual([]);
    expect(await headgate.deploy()).toMatchObject({ verdict: 'deployed', errors: [] });
    const after = await read();
    const shown = Object.fromEntries(changes.map(({ name, diff = [] }) => [name, diff]));
    for (const each of drawn) {
      const resource = { id: { group: '', kind: each.kind, namespace: '', name: each.name }, isHidden: false };
      const changed = changedFields(before.get(each.name) ?? {}, after.get(each.name) ?? {}, resource)
        .filter(({ path }) => path !== REVISION)
        .map(({ path, before: was, after: is }) => ({ path, before: was ?? null, after: is ?? null }));
      expect.soft(shown[each.name], `${each.kind} ${each.name}`).toEqual(changed);
    }
  } finally {
    api.close();
    headgate.close();
    await testbed.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  }
}, 240_000);
