import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../cluster/fault-proxy.ts';
import type { Asked, Lab } from './lab.ts';
import type { Commit } from './plumbing.ts';
import type { Scenario } from './scenario.ts';
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
}

const SETTLE_MS = 40_000;
const FOREIGN = { metadata: { name: 'foreign', labels: { app: 'web' } }, data: { v: 'untouched' } };

/** Pushes the scenario to a fresh target, strikes at the n-th request, and looks at what is there in the end. */
export async function attempt(
  lab: Lab,
  target: string,
  { scenario, blow, n }: { scenario: Scenario; blow: Blow; n: number },
): Promise<Trial> {
  let requests = 0;
  let hit: Asked | null = null;
  await lab.start();
  lab.fault = (asked) => {
    requests += 1;
    if (requests !== n) return 'pass';
    hit = asked;
    return blow.fault(lab);
  };
  let parents: readonly string[] = [];
  let last: Commit | null = null;
  for (const files of scenario) {
    const commit = lab.plumbing.commit(target, files, parents);
    await settle(lab, target, { commit, blow });
    // The first push makes the namespace too; from then on somebody else has an object in it.
    if (last === null) await lab.api.create(`/api/v1/namespaces/${target}/configmaps`, FOREIGN);
    parents = [commit.revision];
    last = commit;
  }
  lab.fault = () => 'pass';
  return { hit, requests, state: await snapshot(lab.api, target, { commit: last, files: scenario.at(-1) ?? {} }) };
}

/** Delivers until it is queued, and waits until the state says that it is applied; restarts what was killed. */
async function settle(lab: Lab, target: string, { commit, blow }: { commit: Commit; blow: Blow }): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  let isQueued = false;
  let seen = lab.log.length;
  while (!(await settledAt(lab.api, target, commit.revision))) {
    await lab.start();
    isQueued ||= await lab.deliver(target, commit);
    const ended = lab.log.slice(seen).some((line) => line['target'] === target && isFailure(line));
    seen = lab.log.length;
    if (ended && blow.isFinal === true) isQueued = false;
    if (performance.now() > untilMs) {
      const lines = lab.log.filter((line) => line['target'] === target && line['level'] !== 'debug');
      throw new Error(`${target} never got to ${commit.revision}: ${JSON.stringify(lines.slice(-6), null, 1)}`);
    }
    await pause(20);
  }
}

function isFailure(line: Readonly<Record<string, unknown>>): boolean {
  return ['refused', 'partial', 'failed'].includes(String(line['verdict']));
}
