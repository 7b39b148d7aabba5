import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../../state/target-state.ts';
import type { History } from '../../state/history.ts';
import type { Hold } from '../../state/hold.ts';
import type { RecordedInventory, TargetState } from '../../state/target-state.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import { isObject, metadataMap, textOf } from '../../resource/resource.ts';
import { asObjectId, asRevision } from '../../snapshot/source.ts';
import type { AppliedSource } from '../../snapshot/source.ts';
import { areShardsOf, decodeEntries, encodeEntries } from './shard.ts';
import { FORMATS, LAST_COMMAND, holdAnnotations, readHold } from './hold-annotation.ts';
import { decodeState, encodeState } from './state-json.ts';
import type { StateJson } from './state-json.ts';
import { shortHash } from '../../resource/json.ts';
import { RECORDED_VERDICTS } from '../../state/history.ts';

/** The state object of a target. It is an ApplySet parent (KEP-3659), so that kubectl respects what the target owns. */
export interface Parent {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly state: TargetState;
  /** The newest comment that held or released the target: its id and its repository. */
  readonly lastCommand?: string | undefined;
}

const TOOLING = 'headgate/v1';
/** Why the last run was refused, as codes. */
export const ERRORS = 'headgate.dev/errors';
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

/** Identifies a target across namespaces: two installations may have targets of the same name. */
export function originOf({ repository, ref, path }: Pick<Target, 'repository' | 'ref' | 'path'>): string {
  return shortHash(JSON.stringify([repository.url, ref, path]));
}

/** The `originOf` recorded in a state object, or ''. */
export function readOrigin(object: JsonObject): string {
  const data = isObject(object['data']) ? object['data'] : {};
  return z.safeParse(z.object({ origin: z.string() }), parseText(data['state'])).data?.origin ?? '';
}

const Drift = z.object({ objects: z.number(), since: z.string() });

/** The parent's content as a merge patch: null removes a key. A history that is `known` to be stored is left out. */
export function writeParent(state: TargetState, target: Target, known: History | null = null): JsonObject {
  const { applied, inventory, outcome, drift } = state;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: parentName(target.name),
      namespace: target.namespace,
      labels: { [`${APPLYSET}/id`]: applySetId(target), 'app.kubernetes.io/managed-by': 'headgate' },
      annotations: {
        [`${APPLYSET}/tooling`]: TOOLING,
        [`${APPLYSET}/contains-group-kinds`]: inventory.groupKinds.join(','),
        [`${APPLYSET}/additional-namespaces`]: inventory.namespaces.join(','),
        ...holdAnnotations(state.hold),
        'headgate.dev/repository': target.repository.name,
        'headgate.dev/directory': target.generatedFrom?.directory ?? null,
        'headgate.dev/revision': applied.source?.revision ?? null,
        'headgate.dev/tree': applied.source?.tree ?? null,
        'headgate.dev/attempted-revision': outcome.attempted,
        'headgate.dev/verdict': outcome.verdict,
        [ERRORS]: outcome.errors.length === 0 ? null : outcome.errors.join(','),
        'headgate.dev/deployed-at': applied.deployedAt,
        'headgate.dev/drift': drift.found === null ? null : JSON.stringify(drift.found),
      },
    },
    data: {
      state: encodeState(state, originOf(target)),
      ...(state.history === known || state.history.length === 0 ? {} : { history: state.history.join('\n') }),
    },
    binaryData: { inventory: inventory.shards.length === 0 ? encodeEntries(inventory.inline) : null },
  };
}

/** @throws DeployError `foreign-owner`, `state-newer` or `state-invalid`: never rewrite an object that may not be this target's. */
export function readParent(object: JsonObject, target: Target): Parent {
  const subject = `ConfigMap ${target.namespace}/${parentName(target.name)}`;
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const annotations = metadataMap(object, 'annotations');
  refuseForeignParent(annotations, metadataMap(object, 'labels'), { subject, target });
  const { origin, rootTree, change } = readJson(object, { format: annotations['headgate.dev/format'], subject });
  const hold = holdOf(annotations, subject);
  refuseForeignShards(change.inventory ?? {}, subject, target);
  const binary = isObject(object['binaryData']) ? object['binaryData']['inventory'] : undefined;
  const isInline = change.inventory?.shards?.length === 0 && typeof binary === 'string';
  const announced = {
    applied: {
      source: readSource(annotations, rootTree),
      deployedAt: annotations['headgate.dev/deployed-at'] ?? null,
    },
    inventory: {
      inline: isInline ? decodeEntries(binary, subject) : [],
      groupKinds: readList(annotations[`${APPLYSET}/contains-group-kinds`]),
      namespaces: readList(annotations[`${APPLYSET}/additional-namespaces`]),
    },
    outcome: {
      verdict: RECORDED_VERDICTS.find((verdict) => verdict === annotations['headgate.dev/verdict']) ?? null,
      attempted: asRevision(annotations['headgate.dev/attempted-revision'] ?? ''),
      errors: readList(annotations[ERRORS]),
    },
    drift: { found: z.safeParse(Drift, parseText(annotations['headgate.dev/drift'])).data ?? null },
  };
  const state = withChange(NOTHING_RECORDED, joinChanges(change, announced));
  return {
    uid: textOf(metadata['uid']),
    resourceVersion: textOf(metadata['resourceVersion']),
    lastCommand: annotations[LAST_COMMAND],
    state: { ...state, hold, history: historyOf(object), hasOtherOrigin: origin !== '' && origin !== originOf(target) },
  };
}

function readJson(object: JsonObject, { format, subject }: { format: string | undefined; subject: string }): StateJson {
  if (format === undefined || !FORMATS.includes(format)) {
    throw new DeployError('state-newer', {
      subject,
      message: `has an unsupported format: ${format ?? '(none)'}; this version of Headgate supports formats ${FORMATS.join(' and ')}`,
      remedy: 'Upgrade Headgate to the version that wrote it. The object was not changed.',
    });
  }
  try {
    return decodeState(parseText(isObject(object['data']) ? object['data']['state'] : undefined));
  } catch (cause) {
    throw unreadable(subject, 'has an unreadable state', cause);
  }
}

function holdOf(annotations: Readonly<Record<string, string>>, subject: string): Hold | null {
  try {
    return readHold(annotations);
  } catch (cause) {
    throw unreadable(subject, 'has an unreadable hold', cause);
  }
}

function historyOf({ data }: JsonObject): History {
  const text = isObject(data) ? textOf(data['history']) : '';
  return text === '' ? [] : text.split('\n');
}

function unreadable(subject: string, message: string, cause?: unknown): DeployError {
  return new DeployError('state-invalid', {
    subject,
    message: `${message}: it was written by another version of Headgate, or edited`,
    remedy: `Run the version that wrote it, or delete ${subject} to rebuild it from the labels in the cluster. The object was not changed.`,
    cause,
  });
}

function refuseForeignShards(
  { shards = [], unlistedShards = [] }: Partial<RecordedInventory>,
  subject: string,
  target: Target,
) {
  if (areShardsOf(parentName(target.name), [...shards, ...unlistedShards])) return;
  throw unreadable(subject, 'lists shards that do not belong to it');
}

/** A parent with another set's id would make Headgate delete what that set owns (KEP-3659, confused deputy). */
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
    message: `already exists and is not managed by this target: tooling ${tooling}, id ${id}`,
    remedy: `Rename target ${target.name}, or delete that ConfigMap if nothing uses it.`,
  });
}

/** The value of a JSON text in an object; undefined if it is missing or not JSON. */
export function parseText(text: Json | undefined): unknown {
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

export function readList(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}
