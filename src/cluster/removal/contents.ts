import { isAutomaticKind, judgeContents } from '../../plan/ownership/contents-rule.ts';
import type { ContainedObject, Contents, ContentsRule } from '../../plan/ownership/contents-rule.ts';
import type { PruneVerdict } from '../../plan/ownership/prune-rule.ts';
import { formatKind } from '../../resource/kind-order.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject, ResourceId } from '../../resource/resource.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Connection } from '../api/connection.ts';
import { collectionPath, kindsOfGroup, readGroups, staleVersions } from '../api/kinds.ts';
import type { Kind } from '../api/kinds.ts';
import { listAll } from '../api/list.ts';
import { METADATA_LIST, liveOf } from '../api/metadata.ts';

export interface RemovalContext extends ContentsRule {
  readonly connection: Connection;
}

/** May it be deleted with everything that it contains? */
export async function judgeWithContents(
  entry: Entry,
  context: RemovalContext,
  signal: AbortSignal,
): Promise<PruneVerdict> {
  const { kinds, ...contents } = await readContents(entry.id, context, signal);
  const isInside = ({ group, kind, namespace }: ResourceId) =>
    entry.id.kind === 'Namespace'
      ? namespace === entry.id.name
      : kinds.some((each) => each.group === group && each.kind === kind);
  return judgeContents(entry, contents, { ...context, written: context.written.filter((id) => isInside(id)) });
}

/** Costs discovery, which must not be old, and a metadata list per kind. */
async function readContents(
  id: ResourceId,
  context: RemovalContext,
  signal: AbortSignal,
): Promise<Contents & { readonly kinds: readonly Kind[] }> {
  const groups = await readGroups(context.connection, signal);
  const kinds = kindsInside(id, oncePerGroup(groups.flatMap((group) => kindsOfGroup(group))));
  const lists = await Promise.all(kinds.map((kind) => listInside(kind, id, context, signal)));
  const isNamespace = id.kind === 'Namespace';
  const stale = isNamespace ? groups.flatMap((group) => staleVersions(group)) : [];
  const unlisted = [
    ...(kinds.length === 0 ? ['its kinds are not served'] : []),
    ...stale.map((version) => `${version} (its server does not answer)`),
    ...lists.flatMap((list) => list.unlisted),
  ];
  // The same object may be served in several groups.
  const found = new Map(lists.flatMap((list) => list.found).map((content) => [content.live.uid, content]));
  return { found: [...found.values()], unlisted, kinds };
}

function kindsInside(id: ResourceId, kinds: readonly Kind[]): readonly Kind[] {
  return id.kind === 'Namespace'
    ? kinds.filter((kind) => kind.namespaced && kind.isDeletable && !isAutomaticKind(kind))
    : kinds.filter((kind) => definitionOf(kind) === id.name);
}

function definitionOf({ plural, group }: Kind): string {
  return `${plural}.${group}`;
}

/** In the version that the server prefers. */
function oncePerGroup(kinds: readonly Kind[]): readonly Kind[] {
  return [...new Map(kinds.toReversed().map((kind) => [definitionOf(kind), kind])).values()];
}

async function listInside(
  kind: Kind,
  container: ResourceId,
  { connection, removed }: RemovalContext,
  signal: AbortSignal,
): Promise<Contents> {
  const name = formatKind(kind);
  if (!kind.isListable) return { found: [], unlisted: [name] };
  const path = `${collectionPath(kind, container.kind === 'Namespace' ? container.name : '')}?`;
  const { found, refusal } = await listAll({ path, accept: METADATA_LIST }, connection, signal);
  const contents = found.map((item) => contentOf(kind, item));
  // This run deleted the kind's definition, and with it the objects.
  const isGone = refusal?.status === 404 && removed.some(({ id }) => id.name === definitionOf(kind));
  const unlisted = refusal === null || isGone ? [] : [`${name} (HTTP ${refusal.status})`];
  return { found: contents, unlisted };
}

function contentOf({ group, kind }: Kind, item: JsonObject): ContainedObject {
  const metadata = isObject(item['metadata']) ? item['metadata'] : {};
  const owners: readonly Json[] = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : [];
  const controller = owners.find((owner) => isObject(owner) && owner['controller'] === true);
  return {
    id: { group, kind, namespace: textOf(metadata['namespace']), name: textOf(metadata['name']) },
    live: liveOf(metadata),
    controller: isObject(controller) ? textOf(controller['uid']) : null,
  };
}
