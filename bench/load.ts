import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { followAudit, isApply } from './audit.ts';
import { configMap, range } from './content.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { quantile } from './measure.ts';
import type { BenchCommit } from './repository.ts';

export interface LoadScenario {
  readonly targets: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface LoadRow extends LoadScenario {
  readonly deliveries: number;
  readonly webhookMs: { readonly p50: number; readonly p99: number };
  readonly appliedMs: { readonly p50: number; readonly p99: number };
  /** Finished runs: fewer than deliveries if one run served several. */
  readonly runs: number;
  readonly lost: number;
  /** From the last delivery until the last run has ended. */
  readonly drainedMs: number;
  /** CPU time of `serve` per delivery. */
  readonly cpuMs: number;
}

const DRAIN_MS = 120_000;
/** After so long without an outcome no run is left. */
const QUIET_MS = 5_000;
const now = () => performance.timeOrigin + performance.now();

type Sent = Awaited<ReturnType<Lab['deliver']>>;

/** Many targets in one repository, and a commit for one of them at a steady rate, each with its own signed delivery. */
export async function measureLoad(
  scenario: LoadScenario,
  cluster: ClusterAddress,
  say: (text: string) => void,
): Promise<LoadRow> {
  const { targets, perSecond, seconds } = scenario;
  const names = range(targets).map((n) => `t${n}`);
  const lab = await openLab({ cluster, targets: names.map((name) => ({ name, path: `apps/${name}` })) });
  try {
    const all = Object.fromEntries(range(targets).map((n) => [`apps/t${n}/c.yaml`, configMap(n, 'first')]));
    const first = await lab.repository.commit(all);
    await lab.deliver([first]);
    for (const name of names) await lab.outcome(first.revision, name);
    say(`${targets} targets are deployed`);
    const commits: BenchCommit[] = [];
    for (const n of range(perSecond * seconds)) {
      const target = n % targets;
      commits.push(await lab.repository.prepare({ [`apps/t${target}/c.yaml`]: configMap(target, `load-${n}`) }));
    }
    await lab.repository.repack();
    return await underLoad(lab, { ...scenario, commits }, say);
  } finally {
    await lab.close();
  }
}

async function underLoad(
  lab: Lab,
  { commits, ...scenario }: LoadScenario & { readonly commits: readonly BenchCommit[] },
  say: (text: string) => void,
): Promise<LoadRow> {
  const { targets, perSecond } = scenario;
  const audit = await followAudit(lab.cluster.auditLog);
  const logged = lab.served.log.length;
  const cpuBefore = await lab.served.cpuMs();
  const sent = await sendAtPace(lab, commits, perSecond);
  const lastSentMs = now();
  say(`${commits.length} deliveries are sent`);
  const outcomes = () => lab.served.log.slice(logged).filter(({ verdict }) => verdict !== undefined);
  const isAnswered = ({ sentMs }: Sent, n: number) =>
    outcomes().some(({ target, time }) => target === `t${n % targets}` && Date.parse(String(time)) >= sentMs);
  const lastMs = () => Math.max(lastSentMs, ...outcomes().map(({ time }) => Date.parse(String(time))));
  // Requests that are still queued are answered by later runs, although these find nothing to do.
  const isQuiet = () => sent.every((each, n) => isAnswered(each, n)) && now() > lastMs() + QUIET_MS;
  while (!isQuiet() && now() < lastSentMs + DRAIN_MS) await pause(100);
  const drainedMs = lastMs() - lastSentMs;
  const cpuAfter = await lab.served.cpuMs();

  const writes = (await audit()).filter((entry) => isApply(entry) && entry.code < 300);
  // A commit that the run of an earlier delivery deployed is not written again.
  const appliedMs = sent.flatMap(({ sentMs }, n) => {
    const name = `/configmaps/c${n % targets}?`;
    const write = writes.find(({ uri, atMs }) => uri.includes(name) && atMs >= sentMs - 1);
    return write === undefined ? [] : [write.atMs - sentMs];
  });
  const answeredMs = sent.map((each) => each.answeredMs - each.sentMs);
  return {
    ...scenario,
    deliveries: commits.length,
    webhookMs: { p50: quantile(answeredMs, 0.5), p99: quantile(answeredMs, 0.99) },
    appliedMs: { p50: quantile(appliedMs, 0.5), p99: quantile(appliedMs, 0.99) },
    runs: outcomes().length,
    lost: sent.filter((each, n) => !isAnswered(each, n)).length,
    drainedMs,
    cpuMs: (cpuAfter - cpuBefore) / commits.length,
  };
}

async function sendAtPace(lab: Lab, commits: readonly BenchCommit[], perSecond: number): Promise<readonly Sent[]> {
  const startedMs = performance.now();
  const deliveries: Promise<Sent>[] = [];
  for (const [n, commit] of commits.entries()) {
    await pause(Math.max(0, startedMs + (n * 1000) / perSecond - performance.now()));
    await lab.repository.publish(commit);
    deliveries.push(lab.deliver([commit]));
  }
  return Promise.all(deliveries);
}
