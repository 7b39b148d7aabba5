import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import { reachOf } from './awaits.ts';
import { adviseDeleteFirst } from '../refusals/delete-first.ts';
import type { Candidate, Facts, Unread } from '../model/facts.ts';
import { refuseForeign } from '../refusals/foreign.ts';
import { refusePrune, refuseNothingLeft } from '../refusals/guards.ts';
import { entriesByObject, union } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { mayPassLater } from '../refusals/may-pass-later.ts';
import { mayBeManifest } from '../../snapshot/source.ts';
import { stepOf } from '../../resource/kind-order.ts';
import { leave } from '../model/plan.ts';
import { tellRenamed } from './renamed.ts';
import { refuseReplacement } from '../refusals/replacement.ts';
import type { Keep, Plan, Prune, Write } from '../model/plan.ts';
import { sequenceOf } from '../ordering/sequence.ts';
import type { Sequence } from '../ordering/sequence.ts';
import { stillDeleting } from '../refusals/still-deleting.ts';
import { apiWarnings } from '../refusals/api-warnings.ts';
import type { Warned } from '../refusals/api-warnings.ts';
import { warnTaken } from '../refusals/taken-fields.ts';
import { finishedEntry } from './finished-entry.ts';

/** Decides a whole deploy from what was observed. Pure and complete: what is not in the plan is not done. */
export function makePlan(facts: Facts): Plan {
  const duplicates = refuseDuplicates(facts);
  const { renamed, left } = tellRenamed(facts, leftOf(facts));
  const prunes = facts.target.prune.enabled ? left.map((entry) => ({ op: 'prune', entry }) as const) : [];
  const known = entriesByObject(facts.entries);
  const sequence = sequenceOf(facts);
  const decided = facts.candidates.map((candidate) => decide(candidate, { facts, known, prunes, sequence }));
  const writes = decided.filter((decision): decision is Write => isWrite(decision));
  const keeps = [
    ...decided.filter((decision): decision is Keep => decision.op === 'keep'),
    ...(facts.target.prune.enabled ? [] : left.map((entry) => leave(entry))),
  ];
  const noNamespace = refuseNamespace(facts);
  const unread = judgeUnread(facts.unread, facts.entries);
  const refusals = [
    ...facts.problems,
    ...unread.refusals,
    ...duplicates,
    ...sequence.refusals,
    // Said once for the target, not again for each of its objects.
    ...decided.flatMap((decision) =>
      decision.op === 'refuse' && !(noNamespace.length > 0 && decision.problem.code === 'namespace-missing')
        ? [decision.problem]
        : [],
    ),
    ...noNamespace,
  ];
  // Guards speak of the whole run: with a file that cannot be read, what is left of the target is not known.
  const guards = refusals.length > 0 ? [] : [...refuseNothingLeft(facts, prunes), ...refusePrune(facts, prunes)];
  const steps = inOrder(writes, sequence);
  return {
    steps,
    keeps,
    prunes: inSteps(prunes, (prune) => prune.entry.id).toReversed(),
    renamed,
    refusals: [...refusals, ...guards],
    warnings: [
      ...facts.warnings,
      ...unread.warnings,
      ...writes.flatMap((write) => warnTaken(write)),
      ...apiWarnings(facts.candidates.map((candidate) => warnedOf(candidate))),
    ],
    before: facts.entries,
    during: union(
      facts.entries,
      writes.filter((write) => write.op !== 'update' || write.from !== null).map(pendingEntry),
    ),
    isRebuilt: facts.isRebuilt,
    ...reachOf(facts, { steps, sequence }),
    namespace: namespaceOf(facts),
  };
}

function warnedOf({ resource, observation }: Candidate): Warned {
  return { resource, warnings: 'warnings' in observation ? observation.warnings : [] };
}

type Decision = Write | Keep | { readonly op: 'refuse'; readonly problem: Problem };

function isWrite(decision: Decision): decision is Write {
  return decision.op === 'create' || decision.op === 'update' || decision.op === 'replace';
}

interface Deciding {
  readonly facts: Facts;
  readonly known: ReadonlyMap<string, readonly Entry[]>;
  readonly prunes: readonly Prune[];
  readonly sequence: Sequence;
}

function decide(candidate: Candidate, { facts, known, prunes, sequence }: Deciding): Decision {
  const { observation, resource } = candidate;
  const entry = recordedEntry(candidate, known);
  // What is created once and then left alone may be anybody's.
  const foreign = observation.kind === 'exists' ? null : refuseForeign(candidate, facts);
  if (foreign !== null) return { op: 'refuse', problem: foreign };
  const write = {
    candidate,
    unverified: false,
    from: entry !== null && entry.file !== resource.source.path ? entry.file : null,
  };
  switch (observation.kind) {
    case 'recorded':
    case 'unchanged':
      return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'unchanged' };
    case 'exists':
      return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'create-only' };
    case 'left-alone':
      return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'ignored' };
    case 'creates': {
      const finished = finishedEntry(candidate, entry);
      if (finished !== null) return { op: 'keep', entry: finished, reason: 'finished' };
      return { op: 'create', ...write };
    }
    case 'updates':
      // Nothing to report; it is recorded as it is now.
      if (observation.ownersOnly === true && facts.target.drift === 'report')
        return { op: 'keep', entry: keptEntry(candidate, entry), reason: 'unchanged' };
      return { op: 'update', ...write };
    case 'replaces': {
      const refusal = refuseReplacement(candidate, facts);
      return refusal === null ? { op: 'replace', ...write } : { op: 'refuse', problem: refusal };
    }
    case 'not-asked':
    case 'refused':
      if (mayPassLater(candidate, observation.problem, { facts, sequence }))
        return { op: 'create', ...write, unverified: true };
      return { op: 'refuse', problem: adviseDeleteFirst(observation.problem, candidate, prunes) };
    case 'terminating':
      return { op: 'refuse', problem: stillDeleting(candidate.resource, observation.finalizers).problem };
    default:
      return observation satisfies never;
  }
}

/** The entry that knows the object best: of this file if there is one, else of the file that it leaves. */
function recordedEntry({ resource }: Candidate, known: Deciding['known']): Entry | null {
  const entries = known.get(formatId(resource.id)) ?? [];
  return (
    entries.find((entry) => entry.file === resource.source.path) ??
    entries.find((entry) => entry.uid !== null) ??
    entries[0] ??
    null
  );
}

function keptEntry({ resource, hash, observation }: Candidate, entry: Entry | null): Entry {
  const seen = 'live' in observation ? observation.live : null;
  const isApplied = ['unchanged', 'recorded', 'updates'].includes(observation.kind);
  return {
    id: resource.id,
    apiVersion: resource.apiVersion,
    file: resource.source.path,
    uid: seen?.uid ?? entry?.uid ?? null,
    hash: isApplied ? hash : null,
    managedFieldsHash: isApplied ? ((seen ?? entry)?.managedFieldsHash ?? null) : null,
    version: observation.kind === 'left-alone' ? null : ((seen ?? entry)?.version ?? null),
    pending: null,
  };
}

export function pendingEntry({ candidate: { resource, observation }, from }: Write): Entry {
  const uid = 'live' in observation ? observation.live.uid : null;
  const { id, apiVersion, source } = resource;
  return {
    id,
    apiVersion,
    file: source.path,
    uid,
    hash: null,
    managedFieldsHash: null,
    version: null,
    pending: { from },
  };
}

/** Named where it came second: what was applied from a file before stands there rightly. */
function refuseDuplicates({ candidates, entries }: Facts): readonly Problem[] {
  const known = new Set(entries.map(({ id, file }) => `${file} ${formatId(id)}`));
  const isNew = ({ resource: { id, source } }: Candidate) => Number(!known.has(`${source.path} ${formatId(id)}`));
  const byObject = Map.groupBy(
    candidates.toSorted((a, b) => isNew(a) - isNew(b)),
    ({ resource }) => formatId(resource.id),
  );
  return [...byObject].flatMap(([id, [first, ...others]]) =>
    others.map(({ resource }) =>
      duplicate(id, formatPosition(resource.source), first === undefined ? '' : formatPosition(first.resource.source)),
    ),
  );
}

function duplicate(id: string, second: string, first: string): Problem {
  return {
    code: 'manifest-duplicate',
    subject: second,
    message: `${id} is defined twice: here and at ${first}`,
    remedy: 'Keep one of the two.',
  };
}

/** A typo in `kind:` must not delete production: what stops being a manifest is an error where something was applied from it. */
function judgeUnread(unread: readonly Unread[], entries: readonly Entry[]) {
  const files = new Set(entries.map((entry) => entry.file));
  const filesAndFolders = new Set([...files].flatMap((file) => pathAndParents(file)));
  // A directory or file that became a link or a submodule, or the other way round, hides the manifests that were there.
  const isInTheWay = ({ path }: Unread) =>
    filesAndFolders.has(path) || pathAndParents(path).some((each) => files.has(each));
  const blocking = unread.filter((each) => isInTheWay(each));
  const others = unread.filter((each) => !isInTheWay(each) && mayBeManifest(each.path));
  return { refusals: blocking.map(({ problem }) => problem), warnings: others.map(({ problem }) => problem) };
}

/** `a/b/c`, `a/b`, `a` */
function pathAndParents(path: string): readonly string[] {
  const names = path.split('/');
  return names.map((_, index) => names.slice(0, names.length - index).join('/'));
}

/** Objects of touched files that no touched file defines any more. */
function leftOf({ touched, entries, candidates }: Facts): readonly Entry[] {
  const desired = new Set(candidates.map(({ resource }) => formatId(resource.id)));
  const left = entries.filter((entry) => touched.has(entry.file) && !desired.has(formatId(entry.id)));
  return [...entriesByObject(left).values()].flatMap((known) => {
    const entry = known.find(({ uid }) => uid !== null) ?? known[0];
    return entry === undefined ? [] : [entry];
  });
}

function refuseNamespace(facts: Facts): readonly Problem[] {
  const { target } = facts;
  if (!facts.namespaceMissing || namespaceOf(facts) !== 'present') return [];
  return [
    {
      code: 'namespace-missing',
      subject: `Namespace ${target.namespace}`,
      message: `namespace ${target.namespace} of target ${target.name} does not exist`,
      remedy: `Set createNamespace: true on target ${target.name} in headgate.yml, or create it.`,
    },
  ];
}

function namespaceOf({ target, namespaceMissing, candidates }: Facts): Plan['namespace'] {
  if (!namespaceMissing) return 'present';
  const own = candidates.some(
    ({ resource: { id } }) => id.group === '' && id.kind === 'Namespace' && id.name === target.namespace,
  );
  if (own) return 'manifest';
  return target.createNamespace ? 'create' : 'present';
}

/** What is written together: one step of one kind order of one wave. */
function inOrder(writes: readonly Write[], { compare }: Sequence): readonly (readonly Write[])[] {
  const steps: Write[][] = [];
  for (const write of writes.toSorted((a, b) => compare(a.candidate, b.candidate))) {
    const step = steps.at(-1);
    const [first] = step ?? [];
    if (step !== undefined && first !== undefined && compare(first.candidate, write.candidate) === 0) step.push(write);
    else steps.push([write]);
  }
  return steps;
}

function inSteps<T>(
  changes: readonly T[],
  idOf: (change: T) => Parameters<typeof stepOf>[0],
): readonly (readonly T[])[] {
  const byStep = Map.groupBy(changes, (change) => stepOf(idOf(change)));
  return [...byStep].toSorted(([a], [b]) => a - b).map(([, members]) => members);
}
