import type { Target, TargetSettings } from '../../config/checked/config.ts';
import { expand } from '../../config/templates/expand.ts';
import { pathFilterOf } from '../../desired/plain/path-filter.ts';
import { renderPlain } from '../../desired/plain/plain.ts';
import { KUSTOMIZATION_FILES } from '../../desired/plain/rendered-folder.ts';
import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import type { Elsewhere } from '../../plan/model/facts.ts';
import { describeRelease } from '../../plan/model/plan.ts';
import { hasContents } from '../../plan/ownership/prune-rule.ts';
import { formatId } from '../../resource/resource.ts';
import type { Manifest, ResourceId } from '../../resource/resource.ts';
import type { PathContent, Source, SourceFile } from '../../snapshot/source.ts';
import type { Entry } from '../../state/inventory.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Git, SourceQuery } from '../ports/git.ts';
import type { Tools } from '../ports/tools.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { Neighbors } from '../ports/cluster.ts';
import { filesOfGiven } from '../render/renderer.ts';
import { directoriesAt } from '../targets/directories.ts';
import { recipientOf } from '../targets/recipient.ts';
import { isAtTip } from './at-tip.ts';
import { isThrough } from './dependencies.ts';

export interface NeighborhoodContext {
  readonly request: Pick<TargetRequest, 'target' | 'trigger' | 'wokenBy'>;
  readonly git: Git;
  readonly tools: Tools;
  readonly runtime: Pick<Runtime, 'config' | 'open' | 'requests' | 'nowMs'>;
  /** The commit of this run. */
  readonly source: Source;
  /** Of this target, before the run. */
  readonly state: TargetState;
}

/** What an object's new owner is, as far as one neighbor knows; null: it does not define the object. */
type Judge = (id: ResourceId) => Elsewhere | null;

/** The targets that follow the ref of this one, on its cluster, generated ones included. */
export async function neighborhoodOf(context: NeighborhoodContext, signal: AbortSignal): Promise<Neighbors> {
  const others = await othersOf(context, signal);
  const { request, runtime } = context;
  return {
    async locations() {
      return others.map(({ name, namespace, suspend }) => ({ name, namespace, isSuspended: suspend }));
    },
    async definitionsOf(left, next) {
      // This commit was applied when they were released, so their new targets define them.
      const isSame = context.state.applied.source?.revision === context.source.revision;
      const receiverOf = ({ releasedTo }: Entry) =>
        isSame ? others.find(({ name }) => name === releasedTo) : undefined;
      const known = left.flatMap((entry): [string, Elsewhere][] => {
        const to = receiverOf(entry);
        return to === undefined ? [] : [[formatId(entry.id), { target: to.name, kind: 'defined', hasRun: true }]];
      });
      const open = left.filter((entry) => receiverOf(entry) === undefined);
      const concerned = others.filter((other) => open.some(({ id }) => mayOwnIn(other, id.namespace)));
      const judges = concerned.length === 0 ? [] : await judgesOf(concerned, context, next);
      const defined = [...known, ...open.flatMap((entry) => definitionOf(entry, judges))];
      return new Map([...(await inhabitedOf(open, others, { context, signal: next })), ...defined]);
    },
    async isBehind({ name, namespace }, files, next) {
      const other = others.find((each) => each.name === name && each.namespace === namespace);
      if (other === undefined || other.suspend) return false;
      const progress = await progressOf(other, context, next);
      if (progress === null || progress.isAtTip) return false;
      const { dirty } = progress.state.run;
      const isOpen = dirty === 'all' || files.some((file) => dirty.includes(file));
      return isOpen || !isThrough(other, progress.state, context.source.revision);
    },
    async requestRuns(targets, next) {
      const { trigger, target, wokenBy } = request;
      const at = new Date(runtime.nowMs()).toISOString();
      // A target that woke this one has just run: requested again, the two would wake each other forever.
      const found = others.filter(({ name }) => targets.includes(name) && wokenBy?.includes(name) !== true);
      const wakes = [recipientOf(target)];
      await runtime.requests.send(
        found.map((other) => ({ ...recipientOf(other), trigger, hint: null, at, wakes, wokenBy })),
        next,
      );
    },
  };
}

async function othersOf(
  { request: { target }, source, git, runtime: { config } }: NeighborhoodContext,
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const follows = ({ repository, ref }: TargetSettings) =>
    repository.name === target.repository.name && ref === target.ref;
  const templates = config.templates.filter(
    ({ settings, forEach }) => follows(settings) && forEach.clusters.some(({ name }) => name === target.cluster.name),
  );
  const generated = await Promise.all(
    templates.map(async (template) => {
      const directories = await directoriesAt(source.revision, template, git, signal);
      return directories.flatMap((directory) => generatedTarget(expand(template, directory, config)));
    }),
  );
  return [...config.targets, ...generated.flat()].filter(
    (other) => follows(other) && other.cluster.name === target.cluster.name && other.name !== target.name,
  );
}

function generatedTarget(expanded: ReturnType<typeof expand>): readonly Target[] {
  return expanded?.kind === 'target' ? [expanded.target] : [];
}

/** May the target own objects in this namespace, by its own policy? '' stands for objects without a namespace. */
function mayOwnIn({ namespaces, clusterScoped }: Target, namespace: string): boolean {
  if (namespace === '') return clusterScoped;
  return namespaces === '*' || namespaces.includes(namespace);
}

/**
 * The Namespaces and definitions that a target may still empty by applying this commit. One that has tried to apply it, or
 * does not run, would not change what is in them.
 */
async function inhabitedOf(
  left: readonly Entry[],
  others: readonly Target[],
  { context, signal }: { readonly context: NeighborhoodContext; readonly signal: AbortSignal },
): Promise<readonly (readonly [string, Elsewhere])[]> {
  const { target } = context.request;
  const containers = left.filter((entry) => hasContents(entry) && target.prune.kinds.includes(entry.id.kind));
  const mayBeIn =
    (other: Target) =>
    ({ id }: Entry) =>
      id.kind !== 'Namespace' || mayOwnIn(other, id.name);
  const concerned = others.filter((other) => !other.suspend && containers.some(mayBeIn(other)));
  const found = await Promise.all(
    concerned.map(async (other) => {
      if (!(await willRun(other, context, signal))) return [];
      const by = { target: other.name, kind: 'inhabited', hasRun: false } as const;
      return containers.filter(mayBeIn(other)).map(({ id }) => [formatId(id), by] as const);
    }),
  );
  return found.flat();
}

async function willRun(other: Target, context: NeighborhoodContext, signal: AbortSignal): Promise<boolean> {
  const progress = await progressOf(other, context, signal);
  if (progress === null || progress.isAtTip || progress.state.inventory.count === 0) return false;
  const { revision } = context.source;
  const { outcome, progress: own } = progress.state;
  if (isThrough(other, progress.state, revision)) return false;
  return outcome.attempted !== revision || own.waiting?.revision === revision;
}

interface NeighborJudge {
  readonly other: Target;
  readonly judge: Judge;
}

function definitionOf({ id }: Entry, judges: readonly NeighborJudge[]): readonly [string, Elsewhere][] {
  const found = judges
    .filter(({ other }) => mayOwnIn(other, id.namespace))
    .flatMap(({ judge }) => judge(id) ?? [])
    .toSorted((a, b) => Number(a.kind === 'undecided') - Number(b.kind === 'undecided'));
  const [first] = found;
  return first === undefined ? [] : [[formatId(id), first]];
}

async function judgesOf(
  others: readonly Target[],
  context: NeighborhoodContext,
  signal: AbortSignal,
): Promise<readonly NeighborJudge[]> {
  const { source, git, tools } = context;
  const at = { rootTree: source.rootTree, base: null };
  const contents = await git.readPaths(
    at,
    others.map(({ path }) => path),
    signal,
  );
  const rendersWhole = others.map(
    (other, index) => other.helm !== null || isRendered(contents[index], filesOfGiven(tools)),
  );
  const plain = others.filter((_other, index) => rendersWhole[index] === false && contents[index]?.kind === 'tree');
  const rendered = others.filter((_other, index) => rendersWhole[index] === true);
  const [files, judged] = await Promise.all([
    plain.length === 0 ? [] : readChanged(plain, context, signal),
    Promise.all(rendered.map(async (other) => ({ other, judge: await judgeRendered(other, context, signal) }))),
  ]);
  return [...plain.map((other) => ({ other, judge: judgePlain(other, files) })), ...judged];
}

function isRendered(content: PathContent | undefined, given: readonly string[]): boolean {
  const names = content?.kind === 'tree' ? content.entries.map(({ name }) => name) : [];
  return ['Chart.yaml', ...KUSTOMIZATION_FILES, ...given].some((file) => names.includes(file));
}

/** The files of these targets that were added or changed since this one last applied a commit completely; else all. */
async function readChanged(
  plain: readonly Target[],
  { request: { target }, source, state, git }: NeighborhoodContext,
  signal: AbortSignal,
): Promise<readonly SourceFile[]> {
  const { applied, run } = state;
  // With dirty files the commit was not applied completely: what it left undecided is in files that changed before it.
  const base = run.dirty !== 'all' && run.dirty.length === 0 ? applied.source : null;
  const isRead: SourceQuery['isRead'] = (path, kind) => plain.some((other) => pathFilterOf(other)(path, kind));
  const query = { ref: target.ref, at: source.revision, inputs: [], recorded: {}, hint: null, also: [], isRead };
  if (base !== null)
    return (await git.since({ ...query, path: '', base: { ...base, tree: base.rootTree } }, signal)).files;
  const whole = await Promise.all(plain.map(({ path }) => git.since({ ...query, path, base: null }, signal)));
  return whole.flatMap(({ files }) => files);
}

function judgePlain(other: Target, files: readonly SourceFile[]): Judge {
  const isRead = pathFilterOf(other);
  const { manifests, problems } = renderPlain(
    files.filter(({ path, kind }) => isRead(path, kind)),
    other.variables,
  );
  return (id) => {
    const by = { target: other.name, hasRun: true };
    if (manifests.some((manifest) => defines(manifest, id, other))) return { ...by, kind: 'defined' };
    return problems.length > 0 ? { ...by, kind: 'undecided' } : null;
  };
}

function defines({ group, kind, name, namespace }: Manifest, id: ResourceId, other: Target): boolean {
  if (group !== id.group || kind !== id.kind || name !== id.name) return false;
  return id.namespace === '' || (namespace ?? other.namespace) === id.namespace;
}

/** What a kustomization or chart defines is known once it was rendered: by its own run, whose state shows the result. */
async function judgeRendered(other: Target, context: NeighborhoodContext, signal: AbortSignal): Promise<Judge> {
  const progress = await progressOf(other, context, signal);
  if (progress?.isAtTip === true) return () => null;
  const { revision } = context.source;
  const waiting = progress?.state.progress.waiting;
  const wanted = waiting?.revision === revision ? waiting.on : [];
  const hasRun = progress === null || other.suspend || progress.state.outcome.attempted === revision;
  return (object) => {
    const isWanted = wanted.includes(describeRelease({ target: context.request.target.name, object }));
    return { target: other.name, kind: isWanted ? 'defined' : 'undecided', hasRun };
  };
}

interface Progress {
  readonly state: TargetState;
  readonly isAtTip: boolean;
}

/** Has it applied this commit? Null: its state cannot be read until a person fixes something. */
async function progressOf(
  other: Target,
  { source, git, runtime }: NeighborhoodContext,
  signal: AbortSignal,
): Promise<Progress | null> {
  try {
    const { cluster, tools } = await runtime.open(other, null);
    const { state } = await cluster.read('read-only', signal);
    return { state, isAtTip: await isAtTip({ target: other, state, tip: source.revision }, { git, tools }, signal) };
  } catch (thrown) {
    if (needsPerson(asDeployError(thrown).code)) return null;
    throw thrown;
  }
}
