import { setTimeout as pause } from 'node:timers/promises';
import { applySetId } from '../../../src/cluster/state/parent.ts';
import type { FaultMode } from './fault-modes.ts';
import type { FaultTestbed, ProxiedRequest } from './fault-testbed.ts';
import type { Commit } from './git-writer.ts';
import { pairOf } from './scenario.ts';
import type { Files, Scenario } from './scenario.ts';
import { settledAt, snapshot, uidsIn } from './snapshot.ts';
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
}

const SETTLE_MS = 60_000;
/** The state is read when something was logged, or after this time. */
const READ_MS = 250;

/** Takes a fresh target through the scenario, injects the fault into the n-th request, and records how it ends. */
export async function runScenario(
  testbed: FaultTestbed,
  namespace: string,
  { scenario, mode, faultPoint }: { scenario: Scenario; mode: FaultMode; faultPoint: number },
): Promise<ScenarioRun> {
  let requests = 0;
  let faulted: ProxiedRequest | null = null;
  let isCounted = false;
  if (scenario.isFresh) await testbed.stop();
  testbed.fault = (request) => {
    if (!isCounted || (scenario.isFresh && !isDiscovery(request))) return 'pass';
    requests += 1;
    if (requests !== faultPoint) return 'pass';
    faulted = request;
    return mode.inject(testbed);
  };
  const places = placesOf(namespace, scenario);
  const branch = scenario.isPair === true ? pairOf(namespace).branch : namespace;
  let uids: Readonly<Record<string, string>> = {};
  const commits: Commit[] = [];
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
    const isWaiting = isDeferred(step);
    const pushed = isWaiting ? step.waits : step;
    uids = await uidsIn(testbed.api, namespace);
    const commit = testbed.git.commit(branch, pushed, last === null ? [] : [last.commit.revision]);
    commits.push(commit);
    await settle(testbed, { branch, places }, { commit, mode, isWaiting });
    // The first push creates the namespace too. From then on it also holds objects that Headgate does not own.
    if (last === null) await createForeign(testbed, namespace);
    last = { commit, files: pushed };
  }
  testbed.fault = () => 'pass';
  const { commit = null, files = {} } = last ?? {};
  return {
    faulted,
    requests,
    states: await Promise.all(places.map((place) => snapshot(testbed.api, place, { commit, files }))),
    kept: keptOf(uids, await uidsIn(testbed.api, namespace), namespace),
    status: isStatus(faulted) || commit === null ? null : statusOf(testbed, places, commit),
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
  { commit, mode, isWaiting }: { commit: Commit; mode: FaultMode; isWaiting: boolean },
): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  let isQueued = false;
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
          isWaiting ? waitsAt(testbed, place, commit) : settledAt(testbed.api, place, commit.revision),
        ),
      );
      isSettled = settled.every(Boolean);
    }
    if (isSettled && testbed.isIdle()) return;
    if (nowMs > untilMs) throw new Error(`${branch} did not reach ${commit.revision}: ${lastLines(testbed, places)}`);
    await pause(20);
  }
}

const isPosition = (step: object): step is { readonly isAt: number } => 'isAt' in step;
const isHold = (step: object): step is { readonly holdAt: number } => 'holdAt' in step;
const isDeferred = (step: object): step is { readonly waits: Files } => 'waits' in step;

/** The state says that it waits, and so does the commit. */
async function waitsAt({ api, host }: FaultTestbed, { target, namespace }: Place, { revision }: Commit) {
  const parent = await api.get(`/api/v1/namespaces/${namespace}/configmaps/headgate-${target}`);
  const state = JSON.stringify(parent?.['data'] ?? {});
  const last = host.statusesOf(revision).findLast(({ context }) => context === `headgate/${target}`);
  return state.includes(`"waiting":{"revision":"${revision}"`.replaceAll('"', '\\"')) && last?.state === 'pending';
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

function lastLines({ log, output }: FaultTestbed, places: readonly Place[]): string {
  const isOurs = (line: Readonly<Record<string, unknown>>) => places.some(({ target }) => line['target'] === target);
  const lines = log.filter((line) => isOurs(line) && line['level'] !== 'debug');
  return lines.length === 0 ? output.slice(-2000) : JSON.stringify(lines.slice(-6), null, 1);
}

function isFailure(line: Readonly<Record<string, unknown>>): boolean {
  return ['refused', 'partial', 'failed'].includes(String(line['verdict']));
}

/** What a process requests once: which kinds the cluster serves. */
function isDiscovery({ server, path }: ProxiedRequest): boolean {
  return server === 'kubernetes' && !path.includes('/namespaces');
}

function isStatus(request: ProxiedRequest | null): boolean {
  return request?.server === 'git' && request.path.startsWith('/api');
}

function statusOf({ host }: FaultTestbed, places: readonly Place[], { revision }: Commit): string | null {
  const statuses = host.statusesOf(revision);
  const last = places.map(({ target }) => statuses.findLast(({ context }) => context === `headgate/${target}`));
  return last.some((status) => status === undefined) ? null : last.map((status) => status?.state).join(', ');
}
