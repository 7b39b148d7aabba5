import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { Target } from '../../config/checked/config.ts';
import { countsText } from '../../deploy/report/channels/texts.ts';
import type { OwnedTarget, TargetCluster } from '../../cluster/cluster.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { needsReadiness } from '../../health/needs-readiness.ts';
import type { SeenHealth } from '../../deploy/ports/readiness.ts';
import type { Activity, HistoryRow, ObjectNode, ObjectsView, TargetView } from '../../page/model.ts';
import { eventRows } from './event-rows.ts';
import { objectTree } from '../../page/object-tree.ts';
import { awaitsApproval } from '../../plan/model/plan.ts';
import { formatId } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
import { activeHold } from '../../state/current.ts';
import { describeHold } from '../../state/hold.ts';
import { decodeHistory } from '../../state/decode-history.ts';
import type { Entry } from '../../state/inventory.ts';
import { suspectsOf } from '../../state/suspect.ts';
import type { History } from '../../state/history.ts';
import { waitsText } from '../../state/waiting.ts';
import { attemptedOf, driftOf, verdictOf } from '../commands/format-status.ts';
import type { TargetStatus } from '../lookup/read-fleet.ts';
import { fleetRow, problemView } from './fleet-view.ts';

/** Each costs a request or two. */
const READ_HEALTH = 200;
const SHOWN = 2_000;

/** One target as `headgate status` and `headgate history` read it, with its objects. */
export function targetView(
  status: TargetStatus,
  {
    objects,
    activity,
    nowMs,
  }: { readonly objects: ObjectsView; readonly activity: Activity | null; readonly nowMs: number },
): TargetView {
  const { target, state, problem } = status;
  const hold = state === null ? null : activeHold(state, nowMs);
  return {
    row: fleetRow(status, nowMs),
    verdict: verdictOf(state),
    attempted: attemptedOf(state),
    hold: hold === null ? null : { text: describeHold(hold), until: hold.until, at: hold.at },
    drift: driftOf(target, state),
    waits: hold === null && state?.progress.waiting ? waitsText(state.progress.waiting) : null,
    awaitsApproval: target.approval === 'plan' && hold === null && awaitsApproval(state?.progress.waiting?.on ?? []),
    history: historyRows(state?.history ?? []),
    objects,
    problems: problem === null ? [] : [problemView(problem)],
    activity,
  };
}

export function historyRows(history: History): readonly HistoryRow[] {
  return decodeHistory(history).map(({ awaited: _awaited, committedMs: _committedMs, ...entry }) => ({
    ...entry,
    changes: countsText(entry),
  }));
}

/** The inventory with the health of each object, and what its controllers made. What may not be read is left out with a note. */
export async function readObjects(target: Target, runtime: LocalRuntime, signal: AbortSignal): Promise<ObjectsView> {
  try {
    const cluster = await runtime.openCluster(target);
    return await readWith(cluster, { target, recorded: await cluster.read('read-only', signal) }, signal);
  } catch (thrown) {
    const { subject, message } = asDeployError(thrown);
    return { nodes: [], events: [], notes: [`The objects cannot be read: ${subject}: ${message}`] };
  }
}

async function readWith(
  cluster: TargetCluster,
  { target, recorded }: { readonly target: Target; readonly recorded: OwnedTarget },
  signal: AbortSignal,
): Promise<ObjectsView> {
  const inventory = await recorded.listInventory(signal);
  if (inventory === null) return { nodes: [], events: [], notes: [] };
  const { entries, listed, problems } = inventory;
  const slow = entries.filter(({ id }) => needsReadiness({ id, object: null })).slice(0, READ_HEALTH);
  const awaited = slow.map(({ id, apiVersion }) => ({ id, apiVersion, mayVanish: id.kind === 'Job' }));
  const namespaces = [...new Set(slow.map(({ id }) => id.namespace))].filter((namespace) => namespace !== '');
  const [healths, descendants] = await Promise.all([
    cluster.readiness.readHealth(awaited, signal).finally(() => cluster.readiness.close()),
    cluster.descendants([...new Set([target.namespace, ...namespaces])], signal),
  ]);
  const healthOf = new Map(slow.map(({ id }, index) => [formatId(id), healths[index] ?? null]));
  const suspects = new Set(suspectsOf(entries, listed).map(({ object }) => object));
  const owned = entries.slice(0, SHOWN).map((entry) => ({
    ...named(entry.id),
    uid: entry.uid,
    health: shownHealth(healthOf.get(formatId(entry.id)) ?? null),
    source: entry.file,
    mayHaveDrifted: suspects.has(formatId(entry.id)),
  }));
  const made = descendants.found.map(({ id, health, ...rest }) => ({
    ...named(id),
    ...rest,
    health: shownHealth(health),
  }));
  const forbidden = [...problems.map(({ subject }) => subject), ...descendants.forbidden];
  const uids = new Set([...owned, ...made].flatMap(({ uid }) => (uid === null ? [] : [uid])));
  return {
    nodes: objectTree(owned, made),
    events: eventRows(descendants.events, { target, uids }),
    notes: notesOf(entries, slow.length, forbidden),
  };
}

function notesOf(entries: readonly Entry[], slow: number, forbidden: readonly string[]): readonly string[] {
  return [
    ...(entries.length > SHOWN ? [`Only ${SHOWN} of ${entries.length} objects are shown.`] : []),
    ...(slow === READ_HEALTH ? [`Only the readiness of the first ${READ_HEALTH} objects was read.`] : []),
    ...(forbidden.length > 0 ? [`You cannot list ${forbidden.join(', ')}, so their objects are not shown.`] : []),
  ];
}

function named({ kind, namespace, name }: ResourceId): Pick<ObjectNode, 'kind' | 'namespace' | 'name'> {
  return { kind, namespace, name };
}

function shownHealth(health: SeenHealth | null): ObjectNode['health'] {
  if (health === null) return null;
  if (health.kind === 'ready') return { kind: 'ready', reason: '' };
  return { kind: health.kind === 'terminating' ? 'progressing' : health.kind, reason: health.reason };
}
