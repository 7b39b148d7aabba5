import { setTimeout as pause } from 'node:timers/promises';
import { applySetId } from '../../../src/cluster/state/parent.ts';
import type { FaultMode } from './fault-modes.ts';
import type { FaultTestbed, ProxiedRequest } from './fault-testbed.ts';
import type { Commit } from './git-writer.ts';
import { isObject } from '../../../src/resource/resource.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import type { Api } from '../cluster/api.ts';
import { isFailure, lastLines } from './last-lines.ts';
import { pairOf } from './scenario.ts';
import type { Files, Scenario, WindowIs } from './scenario.ts';
import { promotionsOf, settlePromotion } from './settle-promotion.ts';
import { settledAt, snapshot, stateOf, uidsIn } from './snapshot.ts';
import type { Place, Snapshot } from './snapshot.ts';

export interface ScenarioRun {
  /** The request at the fault point; null: the scenario has fewer requests. */
  readonly faulted: ProxiedRequest | null;
  readonly requests: number;
  readonly states: readonly Snapshot[];
  /** Objects that the last push did not create again. */
  readonly kept: readonly string[];
  /** The final status of the last commit; null: it has none, or the fault hit the request that sets it. */
  readonly status: string | null;
  /** The branch and what was recorded of promotions, each commit in words; empty: nothing was promoted. */
  readonly promotions: readonly string[];
  /** The ids with which a channel got each event of each commit. */
  readonly notices: Readonly<Record<string, readonly string[]>>;
}

/** The n-th request, or the first one whose path ends like this. */
export type FaultPoint = number | string;

const SETTLE_MS = 60_000;
/** The state is read when something was logged, or after this time. */
const READ_MS = 250;

/** Takes a fresh target through the scenario, injects the fault into the n-th request, and records how it ends. */
export async function runScenario(
  testbed: FaultTestbed,
  namespace: string,
  { scenario, mode, faultPoint }: { scenario: Scenario; mode: FaultMode; faultPoint: FaultPoint },
): Promise<ScenarioRun> {
  let requests = 0;
  let faulted: ProxiedRequest | null = null;
  let isCounted = false;
  if (scenario.isFresh) await testbed.stop();
  testbed.fault = (request) => {
    if (!isCounted || (scenario.isFresh && !isDiscovery(request))) return 'pass';
    requests += 1;
    const isHit = typeof faultPoint === 'number' ? requests === faultPoint : request.path.endsWith(faultPoint);
    if (!isHit || faulted !== null) return 'pass';
    faulted = request;
    return mode.inject(testbed);
  };
  const places = placesOf(namespace, scenario);
  const branch = scenario.isPair === true ? pairOf(namespace).branch : namespace;
  let uids: Readonly<Record<string, string>> = {};
  const commits: Commit[] = [];
  /** Where each place is, if that is not the last commit. */
  let positions: readonly Commit[] = [];
  let last: { readonly commit: Commit; readonly files: Files } | null = null;
  for (const [index, step] of scenario.steps.entries()) {
    isCounted ||= index >= scenario.countedFrom;
    if (step === 'uninstall') {
      await uninstall(testbed, namespace);
      last = null;
      continue;
    }
    if (step === 'release' || step === 'rollback') {
      await command(testbed, [step, namespace]);
      continue;
    }
    if (step === 'ungate') {
      await ungate(testbed, namespace);
      continue;
    }
    if (step === 'settles') {
      if (last === null) throw new Error('nothing was pushed');
      await settle(testbed, { branch, places }, { commit: last.commit, mode, until: 'applied', isQueued: true });
      continue;
    }
    if (step === 'promotes') {
      await testbed.usePromotion(namespace);
      continue;
    }
    if (isMove(step)) {
      if (last === null) throw new Error('nothing was pushed');
      uids = await uidsIn(testbed.api, namespace);
      const files: Files = { ...last.files, ...step.moves };
      const commit = testbed.git.commit(branch, files, [last.commit.revision]);
      const { tip, at } = await settlePromotion(testbed, { namespace, branch, places }, { commit, mode });
      commits.push(commit, tip);
      positions = at;
      last = { commit: tip, files: { ...files, ...step.to } };
      continue;
    }
    if (isWindow(step)) {
      await testbed.useWindow(namespace, step.window);
      continue;
    }
    if (isPosition(step)) {
      const parent = await testbed.api.get(`/api/v1/namespaces/${namespace}/configmaps/headgate-${namespace}`);
      const expected = `"headgate.dev/revision":"${commits[step.isAt]?.revision}"`;
      if (!JSON.stringify(parent).includes(expected)) throw new Error(`not ${expected}: ${JSON.stringify(parent)}`);
      continue;
    }
    if (isHold(step)) {
      await command(testbed, ['hold', namespace, commits[step.holdAt]?.revision ?? '']);
      continue;
    }
    const [pushed, until] = isDeferred(step)
      ? ([step.waits, 'waits'] as const)
      : isPausing(step)
        ? ([step.pauses, 'pauses'] as const)
        : ([step, 'applied'] as const);
    uids = await uidsIn(testbed.api, namespace);
    const commit = testbed.git.commit(branch, pushed, last === null ? [] : [last.commit.revision]);
    commits.push(commit);
    await settle(testbed, { branch, places }, { commit, mode, until, isQueued: false });
    // The first push creates the namespace too. From then on it also holds objects that Headgate does not own.
    if (last === null) await createForeign(testbed, namespace);
    last = { commit, files: pushed };
  }
  testbed.fault = () => 'pass';
  const { commit = null, files = {} } = last ?? {};
  return {
    faulted,
    requests,
    states: await Promise.all(
      places.map((place, n) => snapshot(testbed.api, place, { commit: positions[n] ?? commit, files })),
    ),
    kept: keptOf(uids, await uidsIn(testbed.api, namespace), namespace),
    status: isStatus(faulted) || commit === null ? null : statusOf(testbed, places, commit),
    promotions: scenario.steps.includes('promotes') ? await promotionsOf(testbed, { namespace, branch }) : [],
    notices: noticesOf(testbed, namespace, commits),
  };
}

function placesOf(namespace: string, { isPair }: Scenario): readonly Place[] {
  const { first, second } = pairOf(namespace);
  return (isPair === true ? [first, second] : [namespace]).map((target) => ({ target, namespace }));
}

function keptOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  namespace: string,
): readonly string[] {
  const kept = Object.keys(after).filter((id) => before[id] === after[id]);
  return kept.map((id) => id.replaceAll(namespace, 'TARGET')).toSorted();
}

/** One of them only looks owned: controllers copy labels. */
async function createForeign({ api }: FaultTestbed, target: string): Promise<void> {
  const copied = { 'applyset.kubernetes.io/part-of': applySetId({ name: target, namespace: target }) };
  const create = (name: string, labels: Readonly<Record<string, string>>) =>
    api.create(`/api/v1/namespaces/${target}/configmaps`, { metadata: { name, labels }, data: { v: 'untouched' } });
  await Promise.all([create('foreign', { app: 'web' }), create('copied', copied)]);
}

/** Delivers until the push is queued, waits until it is applied and the queue is empty, and restarts a killed child. */
async function settle(
  testbed: FaultTestbed,
  { branch, places }: { branch: string; places: readonly Place[] },
  { commit, mode, until, ...given }: { commit: Commit; mode: FaultMode; until: Until; isQueued: boolean },
): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  let { isQueued } = given;
  let seen = testbed.log.length;
  let readAtMs = 0;
  let isSettled = false;
  for (;;) {
    await testbed.start();
    isQueued ||= await testbed.deliver(branch, commit);
    const news = testbed.log.slice(seen);
    seen = testbed.log.length;
    if (
      mode.isFinal === true &&
      news.some((line) => places.some(({ target }) => line['target'] === target) && isFailure(line))
    )
      isQueued = false;
    const nowMs = performance.now();
    if (!isSettled && (news.length > 0 || nowMs - readAtMs > READ_MS)) {
      readAtMs = nowMs;
      const settled = await Promise.all(
        places.map((place) =>
          until === 'applied'
            ? settledAt(testbed.api, place, commit.revision)
            : waitsAt(testbed, place, { commit, isOpened: until === 'pauses' }),
        ),
      );
      isSettled = settled.every(Boolean);
    }
    // Until the pods run, the queue has the check of the wave.
    if (isSettled && testbed.isIdle(until === 'pauses' ? 'check' : '')) return;
    if (nowMs > untilMs) throw new Error(`${branch} did not reach ${commit.revision}: ${lastLines(testbed, places)}`);
    await pause(20);
  }
}

const isPosition = (step: object): step is { readonly isAt: number } => 'isAt' in step;
const isHold = (step: object): step is { readonly holdAt: number } => 'holdAt' in step;
const isDeferred = (step: object): step is { readonly waits: Files } => 'waits' in step;
const isPausing = (step: object): step is { readonly pauses: Files } => 'pauses' in step;
const isMove = (step: object): step is { readonly moves: Files; readonly to: Files } => 'moves' in step;
const isWindow = (step: object): step is { readonly window: WindowIs } => 'window' in step;

/** Until the push is applied, is left for later, or waits for its first wave. */
type Until = 'applied' | 'waits' | 'pauses';

/** The state says that it waits, and so does the commit. */
async function waitsAt(
  { api, host }: FaultTestbed,
  { target, namespace }: Place,
  { commit: { revision }, isOpened }: { commit: Commit; isOpened: boolean },
) {
  const parent = await api.get(`/api/v1/namespaces/${namespace}/configmaps/headgate-${target}`);
  const { waiting } = stateOf(parent ?? {});
  const last = host.statusesOf(revision).findLast(({ context }) => context === `headgate/${target}`);
  if (!isObject(waiting) || waiting['revision'] !== revision || last?.state !== 'pending') return false;
  return (
    !isOpened ||
    ((waiting['isExact'] === true || waiting['isOpened'] === true) && (await podsOf(api, namespace)).length > 0)
  );
}

async function podsOf(api: Api, namespace: string): Promise<readonly JsonObject[]> {
  const list = await api.get(`/api/v1/namespaces/${namespace}/pods`);
  return Array.isArray(list?.['items']) ? (list['items'] as JsonObject[]) : [];
}

async function ungate({ api }: FaultTestbed, namespace: string): Promise<void> {
  for (const pod of await podsOf(api, namespace)) {
    const { name } = pod['metadata'] as { name: string };
    await api.patch(`/api/v1/namespaces/${namespace}/pods/${name}`, { spec: { schedulingGates: null } });
  }
}

function noticesOf(
  { receiver }: FaultTestbed,
  namespace: string,
  commits: readonly Commit[],
): Readonly<Record<string, readonly string[]>> {
  const own = receiver.received.filter(({ target }) => target === namespace);
  const commitOf = (revision: string | null) => commits.findIndex((commit) => commit.revision === revision);
  const byEvent = Map.groupBy(own, ({ event, revision }) => `${event} of commit ${commitOf(revision)}`);
  return Object.fromEntries([...byEvent].map(([event, all]) => [event, [...new Set(all.map(({ id }) => id))]]));
}

/** Repeats a command that was killed or failed, as its user would. */
async function command(testbed: FaultTestbed, args: readonly string[]): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  while ((await testbed.steer(args)) !== 0) {
    const [, target = ''] = args;
    if (performance.now() > untilMs)
      throw new Error(`${args.join(' ')} did not succeed: ${lastLines(testbed, [{ target, namespace: target }])}`);
    await pause(READ_MS);
  }
}

async function uninstall(testbed: FaultTestbed, target: string): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  while ((await testbed.uninstall(target)) !== 0) {
    if (performance.now() > untilMs)
      throw new Error(`${target} was not uninstalled in time: ${lastLines(testbed, [{ target, namespace: target }])}`);
    await pause(READ_MS);
  }
}

/** What a process requests once: which kinds the cluster serves. */
function isDiscovery({ server, path }: ProxiedRequest): boolean {
  return server === 'kubernetes' && !path.includes('/namespaces');
}

function isStatus(request: ProxiedRequest | null): boolean {
  return request?.server === 'git' && request.method === 'POST' && request.path.startsWith('/api');
}

function statusOf({ host }: FaultTestbed, places: readonly Place[], { revision }: Commit): string | null {
  const statuses = host.statusesOf(revision);
  const last = places.map(({ target }) => statuses.findLast(({ context }) => context === `headgate/${target}`));
  return last.some((status) => status === undefined) ? null : last.map((status) => status?.state).join(', ');
}
