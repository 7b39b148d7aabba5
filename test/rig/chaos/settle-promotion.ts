import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { FaultMode } from './fault-modes.ts';
import { FULL_NAME, REQUIRED_STATUS } from './fault-testbed.ts';
import type { FaultTestbed } from './fault-testbed.ts';
import type { Commit } from './git-writer.ts';
import { isFailure, lastLines } from './last-lines.ts';
import { pairOf } from './scenario.ts';
import { settledAt } from './snapshot.ts';
import type { Place } from './snapshot.ts';

const SETTLE_MS = 60_000;
/** The state is read when something was logged, or after this time. */
const READ_MS = 250;

interface Pair {
  readonly namespace: string;
  readonly branch: string;
  readonly places: readonly Place[];
}

/**
 * Delivers a push until it is queued, and what was promoted then, until both stages are at the tip and the queue is empty.
 * Then the promotion is looked at once more, so that a second commit would be seen. Restarts a killed child. Returns the tip, and where the
 * state of each stage is.
 */
export async function settlePromotion(
  testbed: FaultTestbed,
  { namespace, branch, places }: Pair,
  { commit, mode }: { readonly commit: Commit; readonly mode: FaultMode },
): Promise<{ readonly tip: Commit; readonly at: readonly Commit[] }> {
  testbed.host.addStatus(FULL_NAME, {
    sha: commit.revision,
    state: 'success',
    context: REQUIRED_STATUS,
    creator: 'ci',
  });
  const untilMs = performance.now() + SETTLE_MS;
  const delivered = new Set<string>();
  let seen = testbed.log.length;
  let readAtMs = 0;
  let lookedAt: string | null = null;
  let at: readonly Commit[] = [];
  let tip = commit;
  for (;;) {
    await testbed.start();
    const news = testbed.log.slice(seen);
    seen = testbed.log.length;
    const isOurs = (line: (typeof news)[number]) => places.some(({ target }) => line['target'] === target);
    if (mode.isFinal === true && news.some((line) => isOurs(line) && isFailure(line))) delivered.clear();
    const nowMs = performance.now();
    if (nowMs > untilMs) {
      const found = `${at.length} of ${places.length} have, and the queues have ${testbed.queued}`;
      throw new Error(`${branch} did not settle: ${found}: ${lastLines(testbed, places)}`);
    }
    if (news.length > 0 || delivered.size === 0 || nowMs - readAtMs > READ_MS) {
      readAtMs = nowMs;
      tip = await tipOf(testbed, branch);
      if (!delivered.has(tip.revision) && (await testbed.deliver(branch, tip))) delivered.add(tip.revision);
      at = await positionsOf(testbed, places, { pushed: commit, tip });
    }
    // Sweeps fill the queues again and again, so they are looked at as often as possible.
    if (tip.revision !== commit.revision && at.length === places.length && testbed.isIdle()) {
      if (lookedAt === tip.revision) {
        if ((await tipOf(testbed, branch)).revision === tip.revision) return { tip, at };
      } else if (await testbed.lookAt(namespace, pairOf(namespace).second)) lookedAt = tip.revision;
    }
    await pause(20);
  }
}

/**
 * The commits that the stages have reached. A stage that has reached neither is left out. The first one may stay at the pushed
 * commit, because the tip has nothing new for it.
 */
async function positionsOf(
  { api }: FaultTestbed,
  places: readonly Place[],
  { pushed, tip }: { readonly pushed: Commit; readonly tip: Commit },
): Promise<readonly Commit[]> {
  const settled = await Promise.all(
    places.map(async (place, index) => {
      if (await settledAt(api, place, tip.revision)) return [tip];
      return index === 0 && (await settledAt(api, place, pushed.revision)) ? [pushed] : [];
    }),
  );
  return settled.flat();
}

async function tipOf(testbed: FaultTestbed, branch: string): Promise<Commit> {
  const [revision = '', tree = ''] = (await git(testbed, 'rev-parse', branch, `${branch}^{tree}`)).split('\n');
  return { revision, tree };
}

/** Every commit of the branch and of the records, the newest first, in words without ids and times. */
export async function promotionsOf(
  testbed: FaultTestbed,
  { namespace, branch }: Pick<Pair, 'namespace' | 'branch'>,
): Promise<readonly string[]> {
  const names = new Map<string, string>();
  const own = (await git(testbed, 'rev-list', '--reverse', branch)).split('\n');
  for (const [index, revision] of own.entries()) names.set(revision, `commit ${index}`);
  const named = (text: string) => {
    let shown = text;
    for (const [id, name] of names) shown = shown.replaceAll(id, name).replaceAll(id.slice(0, 12), name);
    return shown.replaceAll(namespace, 'TARGET').replaceAll(/change \d+/g, 'change');
  };
  const refs = await git(testbed, 'for-each-ref', '--format=%(refname)', `refs/headgate/promotions/${namespace}`);
  const shown: string[] = [];
  for (const ref of [branch, ...refs.split('\n').filter(Boolean)]) {
    const log = await git(testbed, 'log', '-z', '--format=%T %P%n%B', ref, '--');
    for (const entry of log.split('\0').filter(Boolean)) shown.push(named(`${ref}: ${entry}`));
  }
  return shown;
}

async function git(testbed: FaultTestbed, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', testbed.repository, ...args]);
  return stdout.trim();
}
