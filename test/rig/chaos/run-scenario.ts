import { setTimeout as pause } from 'node:timers/promises';
import { applySetId } from '../../../src/cluster/state/parent.ts';
import type { FaultMode } from './fault-modes.ts';
import type { FaultTestbed, ProxiedRequest } from './fault-testbed.ts';
import type { Commit } from './git-writer.ts';
import type { Files, Scenario } from './scenario.ts';
import { settledAt, snapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

export interface ScenarioRun {
  /** The request at the fault point; null: the scenario has fewer requests. */
  readonly faulted: ProxiedRequest | null;
  readonly requests: number;
  readonly state: Snapshot;
  /** The final status of the last commit; null: it has none, or the fault hit the request that sets it. */
  readonly status: string | null;
}

const SETTLE_MS = 60_000;
/** The state is read when something was logged, or after this time. */
const READ_MS = 250;

/** Takes a fresh target through the scenario, injects the fault into the n-th request, and records how it ends. */
export async function runScenario(
  testbed: FaultTestbed,
  target: string,
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
  let last: { readonly commit: Commit; readonly files: Files } | null = null;
  for (const [index, step] of scenario.steps.entries()) {
    isCounted ||= index >= scenario.countedFrom;
    if (step === 'uninstall') {
      await uninstall(testbed, target);
      last = null;
      continue;
    }
    const commit = testbed.git.commit(target, step, last === null ? [] : [last.commit.revision]);
    await settle(testbed, target, { commit, mode });
    // The first push creates the namespace too. From then on it also holds objects that Headgate does not own.
    if (last === null) await createForeign(testbed, target);
    last = { commit, files: step };
  }
  testbed.fault = () => 'pass';
  const { commit = null, files = {} } = last ?? {};
  return {
    faulted,
    requests,
    state: await snapshot(testbed.api, target, { commit, files }),
    status: isStatus(faulted) || commit === null ? null : statusOf(testbed, target, commit),
  };
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
  target: string,
  { commit, mode }: { commit: Commit; mode: FaultMode },
): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  let isQueued = false;
  let seen = testbed.log.length;
  let readAtMs = 0;
  let isSettled = false;
  for (;;) {
    await testbed.start();
    isQueued ||= await testbed.deliver(target, commit);
    const news = testbed.log.slice(seen);
    seen = testbed.log.length;
    if (mode.isFinal === true && news.some((line) => line['target'] === target && isFailure(line))) isQueued = false;
    const nowMs = performance.now();
    if (!isSettled && (news.length > 0 || nowMs - readAtMs > READ_MS)) {
      readAtMs = nowMs;
      isSettled = await settledAt(testbed.api, target, commit.revision);
    }
    if (isSettled && testbed.isIdle()) return;
    if (nowMs > untilMs) throw new Error(`${target} did not reach ${commit.revision}: ${lastLines(testbed, target)}`);
    await pause(20);
  }
}

async function uninstall(testbed: FaultTestbed, target: string): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  while ((await testbed.uninstall(target)) !== 0) {
    if (performance.now() > untilMs)
      throw new Error(`${target} was not uninstalled in time: ${lastLines(testbed, target)}`);
    await pause(READ_MS);
  }
}

function lastLines({ log, output }: FaultTestbed, target: string): string {
  const lines = log.filter((line) => line['target'] === target && line['level'] !== 'debug');
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

function statusOf({ host }: FaultTestbed, target: string, { revision }: Commit): string | null {
  return host.statusesOf(revision).findLast(({ context }) => context === `headgate/${target}`)?.state ?? null;
}
