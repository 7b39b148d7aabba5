import type { Problem } from '../../error/deploy-error.ts';
import { changedFields } from '../../plan/model/field-changes.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import { formatId } from '../../resource/resource.ts';
import type { Manifest, ResourceId } from '../../resource/resource.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { Revision } from '../../snapshot/source.ts';
import { NOTHING_RECORDED } from '../../state/target-state.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { World } from '../ports/world.ts';
import { queryOf } from './fetch.ts';
import { renderSource } from './plan-target.ts';

/** An object that two commits define differently. */
export interface ObjectChange {
  readonly op: 'create' | 'update' | 'prune';
  readonly id: ResourceId;
  /** `apps/web.yaml:7`, in the newer commit if that has it. */
  readonly source: string;
  readonly fields: readonly FieldChange[];
}

export interface Comparison {
  readonly changes: readonly ObjectChange[];
  /** What keeps one of the commits from being rendered; then there are no changes. */
  readonly problems: readonly Problem[];
}

/** What the second commit changes in the objects of a target, by Git alone: with the settings that the target has now. */
export async function compareCommits(
  [before, after]: readonly [Revision, Revision],
  world: World,
  signal: AbortSignal,
): Promise<Comparison> {
  const from = await desiredAt(before, world, signal);
  const to = after === before ? from : await desiredAt(after, world, signal);
  const problems = [...from.problems, ...to.problems];
  return { changes: problems.length > 0 ? [] : changesBetween(byId(from), byId(to)), problems };
}

async function desiredAt(at: Revision, world: World, signal: AbortSignal): Promise<Desired> {
  const { target } = world;
  const { applied } = NOTHING_RECORDED;
  const query = { ...queryOf({ target, hint: null }, NOTHING_RECORDED, settingsHash(target)), at };
  const source = await world.stage('fetch', () => world.git.since(query, signal));
  return (await renderSource(source, { applied, query }, world, signal)).desired;
}

type Objects = ReadonlyMap<string, Manifest>;

function byId({ manifests }: Desired): Objects {
  return new Map(manifests.map((manifest) => [formatId(idOf(manifest)), manifest]));
}

/** With the namespace as it is written: only the cluster knows which kinds have none. */
function idOf({ group, kind, namespace, name }: Manifest): ResourceId {
  return { group, kind, namespace: namespace ?? '', name };
}

function changesBetween(from: Objects, to: Objects): readonly ObjectChange[] {
  return [...new Set([...from.keys(), ...to.keys()])].toSorted().flatMap((name): readonly ObjectChange[] => {
    const [old, now] = [from.get(name), to.get(name)];
    const shown = now ?? old;
    if (shown === undefined) return [];
    const id = idOf(shown);
    const at = { id, source: `${shown.source.path}:${shown.source.line}` };
    if (now === undefined) return [{ ...at, op: 'prune', fields: [] }];
    if (old === undefined) return [{ ...at, op: 'create', fields: [] }];
    const isHidden = old.isHidden || now.isHidden;
    const fields = changedFields(old.object, now.object, { id, isHidden });
    return fields.length === 0 ? [] : [{ ...at, op: 'update', fields }];
  });
}
