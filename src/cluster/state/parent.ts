import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import { asObjectId, asRevision } from '../../snapshot/source.ts';
import type { AppliedSource, Revision } from '../../snapshot/source.ts';
import { decodeEntries, encodeEntries } from './shard.ts';
import { shortHash } from '../../resource/json.ts';

/** The state object of a target, read. It is an ApplySet parent (KEP-3659), so that kubectl respects what it owns. */
export interface Parent {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly applied: Applied;
}

const FORMAT = '1';
const TOOLING = 'headgate/v1';
const APPLYSET = 'applyset.kubernetes.io';

export function parentName(target: string): string {
  return `headgate-${target}`;
}

/** KEP-3659: base64url of sha256 over `<name>.<namespace>.<kind>.<group>` of the parent. */
export function applySetId({ name, namespace }: Pick<Target, 'name' | 'namespace'>): string {
  const digest = createHash('sha256')
    .update(`${parentName(name)}.${namespace}.ConfigMap.`)
    .digest('base64url');
  return `applyset-${digest}-v1`;
}

/** What of a target stays when it is moved to another namespace. Two installations may have targets of one name. */
export function originOf({ repository, ref, path }: Pick<Target, 'repository' | 'ref' | 'path'>): string {
  return shortHash(JSON.stringify([repository.url, ref, path]));
}

/** As `originOf`, of a state object; '' when it does not say. */
export function readOrigin(object: JsonObject): string {
  const data = isObject(object['data']) ? object['data'] : {};
  return z.safeParse(z.object({ origin: z.string() }), parseText(data['state'])).data?.origin ?? '';
}

const Commit = z.custom<Revision>((value) => typeof value === 'string' && asRevision(value) !== null);

const State = z.object({
  origin: z._default(z.string(), ''),
  rootTree: z.nullable(z.string()),
  renderer: z._default(z.string(), 'plain'),
  inputs: z.record(z.string(), z.nullable(z.string())),
  settings: z.nullable(z.string()),
  dirty: z.union([z.array(z.string()), z.literal('all')]),
  lease: z.nullable(z.object({ run: z.string(), holder: z.string(), untilMs: z.number() })),
  hasInventory: z.boolean(),
  shards: z.array(z.string()),
  spare: z._default(z.array(z.string()), []),
  count: z.number(),
  attempt: z.nullable(
    z.object({
      revision: z.string(),
      settings: z.string(),
      class: z.enum(['manifest', 'guard']),
      tries: z.number(),
      nextTryMs: z.number(),
    }),
  ),
  rewind: z.nullable(z.string()),
  pendingOn: z.nullable(z.string()),
  contests: z._default(
    z.record(z.string(), z.object({ times: z.number(), lastMs: z.number(), restUntilMs: z.number() })),
    {},
  ),
  waiting: z._default(
    z.nullable(
      z.object({
        revision: Commit,
        sinceMs: z.number(),
        created: z.number(),
        updated: z.number(),
        on: z.array(z.string()),
        isExact: z.boolean(),
      }),
    ),
    null,
  ),
  awaited: z._default(z.nullable(z.object({ revision: Commit, sinceMs: z.number() })), null),
});

const Drift = z.object({ objects: z.number(), since: z.string() });

/** The parent's content as a merge patch: null takes a key away. */
export function writeParent(record: Applied, target: Target): JsonObject {
  const { source } = record;
  const state: z.input<typeof State> = {
    origin: originOf(target),
    rootTree: source?.rootTree ?? null,
    renderer: record.renderer,
    inputs: record.inputs,
    settings: record.settings,
    dirty: record.dirty === 'all' ? 'all' : [...record.dirty],
    lease: record.lease,
    hasInventory: record.hasInventory,
    shards: [...record.shards],
    spare: [...record.spare],
    count: record.count,
    attempt: record.attempt,
    rewind: record.rewind,
    pendingOn: record.pendingOn,
    contests: record.contests,
    awaited: record.awaited,
    waiting: record.waiting === null ? null : { ...record.waiting, on: [...record.waiting.on] },
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: parentName(target.name),
      namespace: target.namespace,
      labels: { [`${APPLYSET}/id`]: applySetId(target), 'app.kubernetes.io/managed-by': 'headgate' },
      annotations: {
        [`${APPLYSET}/tooling`]: TOOLING,
        [`${APPLYSET}/contains-group-kinds`]: record.groupKinds.join(','),
        [`${APPLYSET}/additional-namespaces`]: record.namespaces.join(','),
        'headgate.dev/format': FORMAT,
        'headgate.dev/repository': target.repository.name,
        'headgate.dev/directory': target.generatedFrom?.directory ?? null,
        'headgate.dev/revision': source?.revision ?? null,
        'headgate.dev/tree': source?.tree ?? null,
        'headgate.dev/attempted-revision': record.attempted,
        'headgate.dev/verdict': record.verdict,
        'headgate.dev/deployed-at': record.deployedAt,
        'headgate.dev/drift': record.drift === null ? null : JSON.stringify(record.drift),
      },
    },
    data: { state: JSON.stringify(state) },
    binaryData: { inventory: record.shards.length === 0 ? encodeEntries(record.inline) : null },
  };
}

/** @throws DeployError `foreign-owner` or `state-newer`: what is not surely ours is never rewritten. */
export function readParent(object: JsonObject, target: Target): Parent {
  const subject = `ConfigMap ${target.namespace}/${parentName(target.name)}`;
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const annotations = metadataMap(object, 'annotations');
  refuseForeignParent(annotations, metadataMap(object, 'labels'), { subject, target });
  const format = annotations['headgate.dev/format'];
  const state = State.safeParse(parseText(isObject(object['data']) ? object['data']['state'] : undefined));
  if (format !== FORMAT || !state.success) {
    throw new DeployError('state-newer', {
      subject,
      message: `it has format ${format ?? '(none)'}, and this version of Headgate reads and writes format ${FORMAT}`,
      remedy: 'Upgrade Headgate to the version that wrote it; it is left as it is.',
      cause: state.error,
    });
  }
  const { rootTree, inputs, origin, ...rest } = state.data;
  const binary = isObject(object['binaryData']) ? object['binaryData']['inventory'] : undefined;
  return {
    uid: textOf(metadata['uid']),
    resourceVersion: textOf(metadata['resourceVersion']),
    applied: {
      ...rest,
      isElsewhere: origin !== '' && origin !== originOf(target),
      source: readSource(annotations, rootTree),
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([path, id]) => [path, id === null ? null : asObjectId(id)]),
      ),
      inline: rest.shards.length === 0 && typeof binary === 'string' ? decodeEntries(binary, subject) : [],
      groupKinds: readList(annotations[`${APPLYSET}/contains-group-kinds`]),
      namespaces: readList(annotations[`${APPLYSET}/additional-namespaces`]),
      pendingOn: asRevision(rest.pendingOn ?? ''),
      verdict: annotations['headgate.dev/verdict'] ?? null,
      attempted: annotations['headgate.dev/attempted-revision'] ?? null,
      deployedAt: annotations['headgate.dev/deployed-at'] ?? null,
      drift: Drift.safeParse(parseText(annotations['headgate.dev/drift'])).data ?? null,
    },
  };
}

/** A parent that claims another set's id would make us delete what that set owns (KEP-3659, confused deputy). */
function refuseForeignParent(
  annotations: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
  { subject, target }: { subject: string; target: Target },
): void {
  const tooling = annotations[`${APPLYSET}/tooling`] ?? '(none)';
  const id = labels[`${APPLYSET}/id`] ?? '(none)';
  if (tooling.slice(0, tooling.lastIndexOf('/')) === 'headgate' && id === applySetId(target)) return;
  throw new DeployError('foreign-owner', {
    subject,
    message: `it is there and not ours: tooling ${tooling}, id ${id}`,
    remedy: `Rename target ${target.name}, or remove that ConfigMap if nobody needs it.`,
  });
}

function parseText(text: Json | undefined): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function readSource(annotations: Readonly<Record<string, string>>, rootTree: string | null): AppliedSource | null {
  const revision = asRevision(annotations['headgate.dev/revision'] ?? '');
  const root = asObjectId(rootTree ?? '');
  return revision === null || root === null
    ? null
    : { revision, rootTree: root, tree: asObjectId(annotations['headgate.dev/tree'] ?? '') };
}

function readList(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}
