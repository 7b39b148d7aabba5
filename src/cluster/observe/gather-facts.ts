import { SOURCE } from '../../plan/model/body.ts';
import { rendersWhole } from '../../state/renderer.ts';
import type { Candidate, Facts } from '../../plan/model/facts.ts';
import { entriesByObject } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { definesKind } from '../../plan/refusals/may-pass-later.ts';
import { ownerOf } from '../../plan/ownership/ownership.ts';
import { resolveNamespaces } from '../../plan/planner/resolve-namespace.ts';
import type { Scope } from '../../plan/planner/resolve-namespace.ts';
import { formatId, formatPosition, isObject } from '../../resource/resource.ts';
import type { Manifest, Resource } from '../../resource/resource.ts';
import { dryRunBudget } from './dry-run-budget.ts';
import { inParallel } from '../../exchange/pool.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { entriesOf, isOutgrown, readInventory } from '../state/inventory-store.ts';
import type { InventoryView } from '../state/inventory-store.ts';
import { observe } from './observe.ts';
import { otherTargets, refuseMoved } from '../state/other-targets.ts';
import { learnKindsOf, readOwned } from '../api/owned.ts';
import { rebuild } from '../state/rebuild.ts';
import { readRollout } from './rollout.ts';
import { confirmDrift } from './confirm-drift.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import type { ClusterRun } from '../state/run.ts';
import { problemOf } from '../api/status.ts';
import type { ObserveQuestion } from '../../deploy/ports/cluster.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { ObserveContext, GatherContext, Gathered } from './context.ts';

/** Reads until no question is open: files may name others (a moved object's former file) that have to be read too. */
export async function gatherFacts(
  question: ObserveQuestion,
  context: GatherContext,
  signal: AbortSignal,
): Promise<Gathered> {
  const namespaceMissing = context.parent === null && !(await namespaceExists(context, signal));
  const observed = new Map<string, Promise<Candidate>>();
  let view = await readOrRebuild(null, { context, files: filesToRead(question, context) }, signal);
  const also: string[] = [];
  for (let { desired } = question; ;) {
    const entries = entriesOf(view.inventory);
    const touched = question.source.complete
      ? new Set([...desired.touched, ...entries.map(({ file }) => file)])
      : desired.touched;
    desired = { ...desired, touched };
    const resources = await placeAll(desired, context, signal);
    const observing = observeContext({ question, context, entries, namespaceMissing, view });
    const { limitMs, runner, target } = context;
    const answered = dryRunBudget({ total: resources.resources.length, limitMs, nowMs: runner.nowMs, target });
    const look = async (resource: Resource) => {
      const candidate = await confirmDrift(await observe(resource, observing, signal), observing, signal);
      answered();
      return candidate;
    };
    const candidates = await inParallel(resources.resources, REQUESTS_AT_ONCE, (resource) =>
      memo(observed, resource, look),
    );
    const open = await openQuestions({ candidates, entries, desired }, context, signal);
    if (open.length > 0) {
      also.push(...open);
      desired = await question.readAlso(also);
      view = await readOrRebuild(view, { context, files: desired.touched }, signal);
      continue;
    }
    const rollout = await readRollout(candidates, context, signal);
    const others = await otherTargets(candidates, context, signal);
    // A run that was refused here has left a state without anything applied.
    const isFirst = (context.parent?.state.applied.source ?? null) === null;
    const moved = isFirst ? await refuseMoved(context, signal) : [];
    const count = countOf(view.inventory, entries, context);
    const facts = {
      ...question,
      isRebuilt: view.isRebuilt,
      desired,
      candidates,
      ...rollout,
      entries,
      count,
      otherTargets: others,
      problems: [...moved, ...desired.problems, ...resources.refusals],
      namespaceMissing,
    };
    return {
      facts: factsOf(facts, context),
      inventory: view.inventory,
      isNewLayout:
        isNewLayout(view, { entries, candidates, touched }, context) || isSpreadAnew(view, question, context),
      spread: rendersWhole(question.renderer) ? 'object' : 'file',
    };
  }
}

interface View {
  readonly inventory: InventoryView;
  readonly isRebuilt: boolean;
}

/** Everything when all of Git was read: only then can the inventory get a new layout, and only then must it be compared as a whole. */
function filesToRead({ source, desired }: ObserveQuestion, { parent }: GatherContext): ReadonlySet<string> | 'all' {
  return source.complete || parent === null ? 'all' : desired.touched;
}

async function readOrRebuild(
  have: View | null,
  { context, files }: { context: GatherContext; files: ReadonlySet<string> | 'all' },
  signal: AbortSignal,
): Promise<View> {
  if (have?.isRebuilt === true) return have;
  const { parent, store } = context;
  const inventory =
    parent?.state.inventory.isRecorded === true
      ? await readInventory(parent.state.inventory, { files, have: have?.inventory ?? null }, { store, signal })
      : null;
  if (inventory !== null) return { inventory, isRebuilt: false };
  const kinds = await context.kinds.all(context.connection, signal);
  const entries = await rebuild(kinds, context, signal);
  return { inventory: { names: [], shards: new Map(), inline: entries, isWhole: true }, isRebuilt: true };
}

function isNewLayout(
  { inventory, isRebuilt }: View,
  { entries, candidates, touched }: Pick<Facts, 'entries' | 'candidates' | 'touched'>,
  { layout }: GatherContext,
): boolean {
  if (isRebuilt) return true;
  // What will be there: a run that was killed has left entries of what it only meant to write.
  const others = entries.filter(({ file }) => !touched.has(file));
  return inventory.isWhole && isOutgrown(inventory.names, others.length + candidates.length, layout);
}

/** While files are dirty the recorded count leaves their objects out: a run that was killed may have changed them. */
function countOf({ isWhole }: InventoryView, entries: readonly Entry[], { parent }: GatherContext): number {
  if (isWhole || parent === null) return entriesByObject(entries).size;
  const { inventory, run } = parent.state;
  const { dirty } = run;
  return inventory.count + entriesByObject(entries.filter(({ file }) => dirty === 'all' || dirty.includes(file))).size;
}

/** Moved from shard to shard one by one, an entry could be in none for a moment. */
function isSpreadAnew({ inventory }: View, question: ObserveQuestion, { parent }: GatherContext): boolean {
  if (parent === null || inventory.names.length === 0) return false;
  return rendersWhole(question.renderer) !== rendersWhole(parent.state.applied.renderer);
}

async function namespaceExists({ connection, target }: GatherContext, signal: AbortSignal): Promise<boolean> {
  const answer = await connection.request(
    { method: 'GET', path: `/api/v1/namespaces/${target.namespace}`, accept: METADATA_ONLY },
    signal,
  );
  if (answer.status === 404) return false;
  // Without the right to read namespaces we go on: the first write says whether it is there.
  if (answer.status === 403 || answer.status < 300) return true;
  throw problemOf(answer, { subject: `Namespace ${target.namespace}`, secret: false });
}

async function placeAll(desired: Desired, { kinds, connection, target }: GatherContext, signal: AbortSignal) {
  await kinds.learn(connection, desired.manifests, signal);
  return resolveNamespaces(desired.manifests, target, (manifest) => scopeOf(manifest, desired.manifests, kinds));
}

function scopeOf(manifest: Manifest, all: readonly Manifest[], kinds: ClusterRun['kinds']): Scope {
  const kind = kinds.find(manifest);
  if (kind !== null) return kind.namespaced ? 'namespaced' : 'cluster';
  const definition = all.find(
    (other) => other.kind === 'CustomResourceDefinition' && definesKind({ resource: asResource(other) }, manifest),
  );
  const spec = definition?.object['spec'];
  if (!isObject(spec)) return 'unknown';
  return spec['scope'] === 'Cluster' ? 'cluster' : 'namespaced';
}

function asResource({ group, kind, name, apiVersion, object, source, isHidden }: Manifest): Resource {
  return { id: { group, kind, namespace: '', name }, apiVersion, object, source, isHidden };
}

function observeContext(at: {
  question: ObserveQuestion;
  context: GatherContext;
  entries: readonly Entry[];
  namespaceMissing: boolean;
  view: View;
}): ObserveContext {
  const { context, question, entries, namespaceMissing } = at;
  const { suspects = new Set() } = question;
  const isSuspect = ({ id }: Pick<Entry, 'id'>) => suspects === 'all' || suspects.has(formatId(id));
  const byObject = entriesByObject(entries);
  const state = context.parent?.state;
  const files = state?.run.dirty ?? 'all';
  const dirty = files === 'all' ? null : new Set(files);
  // A run that waits has closed: its files are not done, and what it recorded of them is true.
  const isExact = state?.progress.waiting?.isExact === true;
  const isSame = state?.applied.settings === question.settings && !at.view.isRebuilt;
  return {
    connection: context.connection,
    target: context.target,
    applySetId: context.applySetId,
    namespaceMissing,
    kindOf: ({ id, apiVersion }) => context.kinds.find({ apiVersion, kind: id.kind }),
    entriesOf: ({ id }) => byObject.get(formatId(id)) ?? [],
    isTrusted: (entry) => isSame && (isExact || dirty?.has(entry.file) === false) && !isSuspect(entry),
    isSuspect,
  };
}

/** Asking twice about one object would cost a request and could answer differently. */
function memo(
  known: Map<string, Promise<Candidate>>,
  resource: Resource,
  look: (resource: Resource) => Promise<Candidate>,
) {
  const key = `${formatPosition(resource.source)} ${formatId(resource.id)}`;
  const candidate = known.get(key) ?? look(resource);
  known.set(key, candidate);
  return candidate;
}

/** Files that were not read and that decide whether an object moved, is defined twice, or may be pruned. */
async function openQuestions(
  { candidates, entries, desired }: { candidates: readonly Candidate[]; entries: readonly Entry[]; desired: Desired },
  context: GatherContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { touched } = desired;
  const byObject = entriesByObject(entries);
  const wanted = new Set(candidates.map(({ resource }) => formatId(resource.id)));
  const formerFiles = candidates.flatMap(({ resource }) =>
    (byObject.get(formatId(resource.id)) ?? []).map(({ file }) => file),
  );
  const claimed = candidates.flatMap(({ live }) => (live === null ? [] : [sourceIfOurs(live, context)]));
  const left = entries.filter((entry) => touched.has(entry.file) && !wanted.has(formatId(entry.id)));
  await learnKindsOf(left, context, signal);
  const pending = left.filter((entry) => entry.pending !== null);
  const lives = await inParallel(pending, REQUESTS_AT_ONCE, (entry) => readPending(entry, context, signal));
  const all = [...formerFiles, ...claimed, ...pending.map((entry) => entry.pending?.from ?? null), ...lives];
  return [...new Set(all)].filter((file) => file !== null).filter((file) => file !== '' && !touched.has(file));
}

function sourceIfOurs(live: NonNullable<Candidate['live']>, { applySetId }: GatherContext): string | null {
  const owner = ownerOf(live, applySetId);
  return owner.kind === 'us' ? owner.source : null;
}

/** A pending entry is never pruned by itself: the live object may say that another file defines it by now. */
async function readPending(entry: Entry, context: GatherContext, signal: AbortSignal): Promise<string | null> {
  const owned = await readOwned(entry, context, signal);
  return owned?.live.annotations[SOURCE] ?? null;
}

function factsOf(
  at: Pick<
    Facts,
    | 'candidates'
    | 'otherTargets'
    | 'references'
    | 'ready'
    | 'count'
    | 'isRebuilt'
    | 'entries'
    | 'problems'
    | 'namespaceMissing'
  > & {
    source: Facts['source'];
    desired: Desired;
  },
  { target, applySetId, parent }: GatherContext,
): Facts {
  const { otherTargets: others } = at;
  const { source, desired, candidates, references, ready, count, isRebuilt, entries, problems, namespaceMissing } = at;
  const { revision, rootTree, tree } = source;
  return {
    target,
    applySetId,
    source: { revision, rootTree, tree },
    touched: desired.touched,
    dirty: parent?.state.run.dirty ?? 'all',
    entries,
    count,
    isRebuilt,
    candidates,
    references,
    ready,
    otherTargets: others,
    unread: desired.unread,
    problems,
    warnings: [],
    namespaceMissing,
  };
}
