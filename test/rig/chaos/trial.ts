import { setTimeout as pause } from 'node:timers/promises';
import { applySetId } from '../../../src/cluster/state/parent.ts';
import type { Fault } from '../cluster/fault-proxy.ts';
import type { Asked, Lab } from './lab.ts';
import type { Commit } from './plumbing.ts';
import type { Files, Scenario } from './scenario.ts';
import { settledAt, snapshot } from './snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** What happens to the n-th request of a trial. */
export interface Blow {
  readonly name: string;
  readonly fault: (lab: Lab) => Fault;
  /** The manifest is to blame, as far as Headgate can know: the next delivery mends it. */
  readonly isFinal?: true;
}

export interface Trial {
  /** The request that it hit; null: there were not so many. */
  readonly hit: Asked | null;
  readonly requests: number;
  readonly state: Snapshot;
  /** What the last commit was told in the end; null: it was not, or telling it was what was struck. */
  readonly status: string | null;
}

const SETTLE_MS = 60_000;
/** The state is read when something was logged, or after so long. */
const LOOK_MS = 250;

/** Brings a fresh target through the scenario, strikes at the n-th request, and looks at what is there in the end. */
export async function attempt(
  lab: Lab,
  target: string,
  { scenario, blow, n }: { scenario: Scenario; blow: Blow; n: number },
): Promise<Trial> {
  let requests = 0;
  let hit: Asked | null = null;
  let isCounted = false;
  if (scenario.isFresh) await lab.stop();
  lab.fault = (asked) => {
    if (!isCounted || (scenario.isFresh && !isDiscovery(asked))) return 'pass';
    requests += 1;
    if (requests !== n) return 'pass';
    hit = asked;
    return blow.fault(lab);
  };
  let last: { readonly commit: Commit; readonly files: Files } | null = null;
  for (const [index, step] of scenario.steps.entries()) {
    isCounted ||= index >= scenario.countedFrom;
    if (step === 'uninstall') {
      await uninstalled(lab, target);
      last = null;
      continue;
    }
    const commit = lab.plumbing.commit(target, step, last === null ? [] : [last.commit.revision]);
    await settle(lab, target, { commit, blow });
    // The first push makes the namespace too; from then on somebody else has objects in it.
    if (last === null) await createForeign(lab, target);
    last = { commit, files: step };
  }
  lab.fault = () => 'pass';
  const { commit = null, files = {} } = last ?? {};
  return {
    hit,
    requests,
    state: await snapshot(lab.api, target, { commit, files }),
    status: isStatus(hit) || commit === null ? null : statusOf(lab, target, commit),
  };
}

/** One that only looks like ours: controllers copy labels. */
async function createForeign({ api }: Lab, target: string): Promise<void> {
  const copied = { 'applyset.kubernetes.io/part-of': applySetId({ name: target, namespace: target }) };
  const make = (name: string, labels: Readonly<Record<string, string>>) =>
    api.create(`/api/v1/namespaces/${target}/configmaps`, { metadata: { name, labels }, data: { v: 'untouched' } });
  await Promise.all([make('foreign', { app: 'web' }), make('copied', copied)]);
}

/** Delivers until it is queued, and waits until the state says that it is applied and nothing is queued; restarts what was killed. */
async function settle(lab: Lab, target: string, { commit, blow }: { commit: Commit; blow: Blow }): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  let isQueued = false;
  let seen = lab.log.length;
  let lookedMs = 0;
  let isSettled = false;
  for (;;) {
    await lab.start();
    isQueued ||= await lab.deliver(target, commit);
    const news = lab.log.slice(seen);
    seen = lab.log.length;
    if (blow.isFinal === true && news.some((line) => line['target'] === target && isFailure(line))) isQueued = false;
    const nowMs = performance.now();
    if (!isSettled && (news.length > 0 || nowMs - lookedMs > LOOK_MS)) {
      lookedMs = nowMs;
      isSettled = await settledAt(lab.api, target, commit.revision);
    }
    if (isSettled && lab.isIdle()) return;
    if (nowMs > untilMs) throw new Error(`${target} never got to ${commit.revision}: ${lastWords(lab, target)}`);
    await pause(20);
  }
}

async function uninstalled(lab: Lab, target: string): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  while ((await lab.uninstall(target)) !== 0) {
    if (performance.now() > untilMs) throw new Error(`${target} was never uninstalled: ${lastWords(lab, target)}`);
    await pause(LOOK_MS);
  }
}

function lastWords({ log, output }: Lab, target: string): string {
  const lines = log.filter((line) => line['target'] === target && line['level'] !== 'debug');
  return lines.length === 0 ? output.slice(-2000) : JSON.stringify(lines.slice(-6), null, 1);
}

function isFailure(line: Readonly<Record<string, unknown>>): boolean {
  return ['refused', 'partial', 'failed'].includes(String(line['verdict']));
}

/** What a process asks once: what the cluster serves. */
function isDiscovery({ server, path }: Asked): boolean {
  return server === 'kubernetes' && !path.includes('/namespaces');
}

function isStatus(asked: Asked | null): boolean {
  return asked?.server === 'git' && asked.path.startsWith('/api');
}

function statusOf({ host }: Lab, target: string, { revision }: Commit): string | null {
  return host.statusesOf(revision).findLast(({ context }) => context === `headgate/${target}`)?.state ?? null;
}
