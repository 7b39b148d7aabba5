import type { Problem } from '../../error/deploy-error.ts';
import { reachOf } from './awaits.ts';
import { leftOf } from './left.ts';
import type { Candidate, Facts, Unread } from '../model/facts.ts';
import { refusePrune, refuseNothingLeft } from '../refusals/guards.ts';
import { entriesByObject, union } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { mayBeManifest } from '../../snapshot/source.ts';
import { pruneStepOf } from '../../resource/kind-order.ts';
import { retain, withReleases } from '../model/plan.ts';
import { separateElsewhere } from './elsewhere.ts';
import { separateRenamed } from './renamed.ts';
import type { Keep, Plan, Prune, Write } from '../model/plan.ts';
import { sequenceOf } from '../ordering/sequence.ts';
import type { Sequence } from '../ordering/sequence.ts';
import { warnAdopted } from '../ownership/adopted.ts';
import { apiWarnings } from '../refusals/api-warnings.ts';
import type { Warned } from '../refusals/api-warnings.ts';
import { warnLostReplicas } from '../refusals/lost-replicas.ts';
import { warnIgnoredHook } from '../refusals/ignored-hooks.ts';
import { warnTaken } from '../refusals/taken-fields.ts';
import { isWrite, decide } from './decide.ts';
import { refuseDuplicates } from '../refusals/duplicates.ts';
import { refuseNamespace, namespaceOf } from './namespace.ts';

/** Decides a whole deploy from the facts. Pure and complete: a deploy does nothing that is not in the plan. */
export function makePlan(facts: Facts): Plan {
  const duplicates = refuseDuplicates(facts);
  const { renamed, left: gone } = separateRenamed(facts, leftOf(facts));
  const { left, releases, undecided, taken } = separateElsewhere(facts, gone);
  const prunes = facts.target.prune.enabled ? left.map((entry) => ({ op: 'prune', entry }) as const) : [];
  const known = entriesByObject(facts.entries);
  const sequence = sequenceOf(facts);
  const decided = facts.candidates.map((candidate) => decide(candidate, { facts, known, prunes, sequence }));
  const writes = decided.filter((decision): decision is Write => isWrite(decision));
  const keeps = [
    ...decided.filter((decision): decision is Keep => decision.op === 'keep'),
    ...(facts.target.prune.enabled ? [] : left.map((entry) => retain(entry))),
    ...undecided.map(({ entry }) => retain(entry)),
  ];
  const noNamespace = refuseNamespace(facts);
  const unread = judgeUnread(facts.unread, facts.entries);
  const refusals = [
    ...facts.problems,
    ...unread.refusals,
    ...duplicates,
    ...sequence.refusals,
    // A missing namespace is reported once for the target, not for each of its objects.
    ...decided.flatMap((decision) =>
      decision.op === 'refuse' && !(noNamespace.length > 0 && decision.problem.code === 'namespace-missing')
        ? [decision.problem]
        : [],
    ),
    ...noNamespace,
  ];
  // Guards judge the whole run, so they need every file to be readable.
  const handedOver = releases.length + undecided.length + taken.length;
  const isHandedOver = handedOver > 0 && prunes.length === 0;
  const nothingLeft = isHandedOver ? [] : refuseNothingLeft(facts, prunes, handedOver);
  const guards = refusals.length > 0 ? [] : [...nothingLeft, ...refusePrune(facts, prunes)];
  const steps = inOrder(writes, sequence);
  const deletions = inReverse(prunes);
  return {
    steps,
    keeps,
    prunes: deletions,
    releases,
    undecided,
    awaitedReleases: decided.flatMap((decision) => (decision.op === 'wait' ? [decision.on] : [])),
    forgotten: [...renamed, ...taken],
    refusals: [...refusals, ...guards],
    warnings: [
      ...unread.warnings,
      ...warnAdopted(writes),
      ...writes.flatMap((write) => [...warnTaken(write), ...warnLostReplicas(write)]),
      ...facts.candidates.flatMap((candidate) => warnIgnoredHook(candidate)),
      ...apiWarnings(facts.candidates.map((candidate) => warnedOf(candidate))),
    ],
    before: facts.entries,
    during: union(
      withReleases(facts.entries, releases),
      writes.filter((write) => write.op !== 'update' || write.from !== null).map(pendingEntry),
    ),
    isRebuilt: facts.isRebuilt,
    ...reachOf(facts, { steps, prunes: deletions, sequence }),
    namespace: namespaceOf(facts),
  };
}

function warnedOf({ resource, observation }: Candidate): Warned {
  return { resource, warnings: 'warnings' in observation ? observation.warnings : [] };
}

function pendingEntry({ candidate: { resource, observation }, from }: Write): Entry {
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
    releasedTo: null,
  };
}

/** A typo in `kind:` must not delete production: a document that stops being a manifest is an error if it was applied. */
function judgeUnread(unread: readonly Unread[], entries: readonly Entry[]) {
  const files = new Set(entries.map((entry) => entry.file));
  const filesAndFolders = new Set([...files].flatMap((file) => pathAndParents(file)));
  // A directory or file that became a link or a submodule, or the other way round, hides the manifests that were there.
  const isInTheWay = ({ path }: Unread) =>
    filesAndFolders.has(path) || pathAndParents(path).some((each) => files.has(each));
  const blocking = unread.filter((each) => isInTheWay(each));
  const others = unread.filter((each) => !isInTheWay(each) && mayBeManifest(each.path));
  return {
    refusals: blocking.map(({ problem }) => problem),
    warnings: others.map(({ problem }) => neverApplied(problem)),
  };
}

/** Nothing was applied from the file, so no manifest vanished. */
function neverApplied(problem: Problem): Problem {
  return problem.code === 'manifest-vanished' ? { ...problem, code: 'not-a-manifest' } : problem;
}

/** `a/b/c`, `a/b`, `a` */
function pathAndParents(path: string): readonly string[] {
  const names = path.split('/');
  return names.map((_, index) => names.slice(0, names.length - index).join('/'));
}

/** One step per wave, dependency depth and kind order. */
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

function inReverse(prunes: readonly Prune[]): Plan['prunes'] {
  const byStep = Map.groupBy(prunes, ({ entry }) => pruneStepOf(entry.id));
  return [...byStep].toSorted(([a], [b]) => b - a).map(([, members]) => members);
}
