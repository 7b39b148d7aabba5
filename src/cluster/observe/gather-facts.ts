import { rendersWhole } from '../../state/renderer.ts';
import type { Candidate, Facts } from '../../plan/model/facts.ts';
import { entriesByObject } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';
import { dryRunBudget } from './dry-run-budget.ts';
import { inParallel } from '../../exchange/pool.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { entriesOf } from '../state/inventory-store.ts';
import { observe } from './observe.ts';
import { hasLatePrunes } from '../../plan/planner/prune-later.ts';
import { readNeighbors } from './neighbors.ts';
import { readRollout } from './rollout.ts';
import type { ObserveQuestion } from '../../deploy/ports/cluster.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { ObserveContext, GatherContext, Gathered } from './context.ts';
import type { View } from './inventory-view.ts';
import { initialFiles, readOrRebuild, isNewLayout, countOf, hasNewSpread } from './inventory-view.ts';
import { relatedFiles } from './related-files.ts';
import { namespaceExists, resolveManifests } from './resolve-manifests.ts';

/** Reads until no related file is missing: the objects of one file may involve others, such as a moved object's former file. */
export async function gatherFacts(
  question: ObserveQuestion,
  context: GatherContext,
  signal: AbortSignal,
): Promise<Gathered> {
  const namespaceMissing = context.parent === null && !(await namespaceExists(context, signal));
  const observed = new Map<string, Promise<Candidate>>();
  let view = await readOrRebuild(null, { context, files: initialFiles(question, context) }, signal);
  const extraFiles: string[] = [];
  for (let { desired } = question; ;) {
    const entries = entriesOf(view.inventory);
    const touched = question.source.complete
      ? new Set([...desired.touched, ...entries.map(({ file }) => file)])
      : desired.touched;
    desired = { ...desired, touched };
    const resources = await resolveManifests(desired, context, signal);
    const observing = observeContext({ question, context, entries, namespaceMissing, view });
    const { limitMs, runner, target } = context;
    const onObserved = dryRunBudget({ total: resources.resources.length, limitMs, nowMs: runner.nowMs, target });
    const observeOne = async (resource: Resource) => {
      const candidate = await confirmed(await observe(resource, observing, signal), observing, signal);
      onObserved();
      return candidate;
    };
    const observations = await inParallel(resources.resources, REQUESTS_AT_ONCE, (resource) =>
      memoized(observed, resource, observeOne),
    );
    const candidates = await withExisting({ candidates: observations, namespaceMissing, target }, observing, signal);
    const missingFiles = await relatedFiles({ candidates, entries, desired }, context, signal);
    if (missingFiles.length > 0) {
      extraFiles.push(...missingFiles);
      desired = await question.readAlso(extraFiles);
      view = await readOrRebuild(view, { context, files: desired.touched }, signal);
      continue;
    }
    const prunesLater = hasLatePrunes({ target, touched, entries, candidates });
    const rollout = await readRollout({ candidates, prunesLater }, context, signal);
    const at = { candidates, entries, touched, neighbors: question.neighbors };
    const neighbors = await readNeighbors(at, context, signal);
    // A refused first run leaves a state in which nothing is applied.
    const isFirst = (context.parent?.state.applied.source ?? null) === null;
    const moved = isFirst ? await movedFrom(context, signal) : [];
    const count = countOf(view.inventory, entries, context);
    const holders = await holdersOf({ candidates, entries, touched }, context, signal);
    const facts = {
      ...question,
      holders,
      isRebuilt: view.isRebuilt,
      desired: { ...desired, unread: resources.unread },
      ...rollout,
      entries,
      count,
      ...neighbors,
      problems: [...moved, ...desired.problems, ...resources.refusals],
      namespaceMissing,
    };
    return {
      facts: factsOf(facts, context),
      inventory: view.inventory,
      isNewLayout:
        isNewLayout(view, { entries, candidates: neighbors.candidates, touched }, context) ||
        hasNewSpread(view, question, context),
      spread: rendersWhole(question.renderer) ? 'object' : 'file',
    };
  }
}

async function withExisting(
  facts: Pick<Facts, 'candidates' | 'namespaceMissing' | 'target'>,
  context: ObserveContext,
  signal: AbortSignal,
): Promise<readonly Candidate[]> {
  if (facts.candidates.every(({ observation }) => observation.kind !== 'refused')) return facts.candidates;
  const { readExisting } = await import('../obstacles/existing.ts');
  return readExisting(facts, context, signal);
}

/** Loaded only for kinds that hold such values. */
async function holdersOf(
  facts: Pick<Facts, 'candidates' | 'entries' | 'touched'>,
  context: GatherContext,
  signal: AbortSignal,
): Promise<Facts['holders']> {
  const isHolder = ({ resource: { id } }: Candidate) => id.kind === 'Service' || id.kind === 'PriorityClass';
  if (!facts.candidates.some((candidate) => isHolder(candidate))) return [];
  const { readHolders } = await import('../obstacles/holders.ts');
  return readHolders(facts, context, signal);
}

/** Only drift detection has suspects. */
async function confirmed(candidate: Candidate, context: ObserveContext, signal: AbortSignal): Promise<Candidate> {
  if (!context.isSuspect(candidate.resource)) return candidate;
  const { confirmDrift } = await import('./confirm-drift.ts');
  return confirmDrift(candidate, context, signal);
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
  // A waiting run has closed: its files are not finished, but the entries it recorded are accurate.
  const isExact = state?.progress.waiting?.isExact === true;
  const isAccurate = (entry: Entry) => (isExact || dirty?.has(entry.file) === false) && !isSuspect(entry);
  const isSame = state?.applied.settings === question.settings && !at.view.isRebuilt;
  return {
    connection: context.connection,
    target: context.target,
    applySetId: context.applySetId,
    namespaceMissing,
    kindOf: ({ id, apiVersion }) => context.kinds.find({ apiVersion, kind: id.kind }),
    isSilent: (resource) => context.kinds.isSilent(resource),
    entriesOf: ({ id }) => byObject.get(formatId(id)) ?? [],
    isAccurate,
    isTrusted: (entry) => isSame && isAccurate(entry),
    isSuspect,
  };
}

/** Observing an object twice would cost a request and could give another result. */
function memoized(
  known: Map<string, Promise<Candidate>>,
  resource: Resource,
  observeOne: (resource: Resource) => Promise<Candidate>,
) {
  const key = `${formatPosition(resource.source)} ${formatId(resource.id)}`;
  const candidate = known.get(key) ?? observeOne(resource);
  known.set(key, candidate);
  return candidate;
}

function factsOf(
  at: Pick<
    Facts,
    | 'candidates'
    | 'otherTargets'
    | 'elsewhere'
    | 'references'
    | 'ready'
    | 'count'
    | 'isRebuilt'
    | 'entries'
    | 'problems'
    | 'namespaceMissing'
    | 'holders'
  > & {
    source: Facts['source'];
    desired: Desired;
  },
  { target, applySetId, parent }: GatherContext,
): Facts {
  const { otherTargets, elsewhere } = at;
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
    otherTargets,
    elsewhere,
    holders: at.holders,
    unread: desired.unread,
    problems,
    namespaceMissing,
  };
}

/** Only a target without a state may have one elsewhere. */
async function movedFrom(context: GatherContext, signal: AbortSignal): Promise<readonly Problem[]> {
  const { refuseMoved } = await import('../state/other-targets.ts');
  return refuseMoved(context, signal);
}
