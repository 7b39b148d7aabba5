import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { followAudit, isApply } from './audit.ts';
import { configMap, range } from './content.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { quantile } from './measure.ts';
import type { BenchCommit } from './repository.ts';

export interface LoadRow {
  readonly targets: number;
  readonly deliveries: number;
  readonly perSecond: number;
  readonly webhookMs: { readonly p50: number; readonly p99: number };
  readonly appliedMs: { readonly p50: number; readonly p99: number };
  /** Runs that ended; fewer than deliveries where one run answered several. */
  readonly runs: number;
  readonly lost: number;
  /** From the last delivery until every delivery has been answered by a run. */
  readonly drainedMs: number;
}

const TARGETS = 200;
const PER_SECOND = 10;
const SECONDS = 60;
const DRAIN_MS = 120_000;
const now = () => performance.timeOrigin + performance.now();

type Sent = Awaited<ReturnType<Lab['deliver']>>;

/** Many targets in one repository, and at a steady pace a commit for one of them, each announced by its own signed delivery. */
export async function measureLoad(cluster: ClusterAddress, say: (text: string) => void): Promise<LoadRow> {
  const names = range(TARGETS).map((n) => `t${n}`);
  const lab = await openLab({ cluster, targets: names.map((name) => ({ name, path: `apps/${name}` })) });
  try {
    const all = Object.fromEntries(range(TARGETS).map((n) => [`apps/t${n}/c.yaml`, configMap(n, 'first')]));
    const first = await lab.repository.commit(all);
    await lab.deliver([first]);
    for (const name of names) await lab.outcome(first.revision, name);
    say(`${TARGETS} targets are deployed`);
    const commits: BenchCommit[] = [];
    for (const n of range(PER_SECOND * SECONDS)) {
      const target = n % TARGETS;
      commits.push(await lab.repository.prepare({ [`apps/t${target}/c.yaml`]: configMap(target, `load-${n}`) }));
    }
    await lab.repository.repack();
    return await underLoad(lab, commits, say);
  } finally {
    await lab.close();
  }
}

async function underLoad(lab: Lab, commits: readonly BenchCommit[], say: (text: string) => void): Promise<LoadRow> {
  const audit = await followAudit(lab.cluster.auditLog);
  const logged = lab.served.log.length;
  const sent = await sendAtPace(lab, commits);
  const lastSentMs = now();
  say(`${commits.length} deliveries are sent`);
  const outcomes = () => lab.served.log.slice(logged).filter(({ verdict }) => verdict !== undefined);
  const isAnswered = ({ sentMs }: Sent, n: number) =>
    outcomes().some(({ target, time }) => target === `t${n % TARGETS}` && Date.parse(String(time)) >= sentMs);
  while (!sent.every((each, n) => isAnswered(each, n)) && now() < lastSentMs + DRAIN_MS) await pause(100);
  const drainedMs = now() - lastSentMs;

  const writes = (await audit()).filter((entry) => isApply(entry) && entry.code < 300);
  const appliedMs = sent.map(({ sentMs }, n) => {
    const name = `/configmaps/c${n % TARGETS}?`;
    return (writes.find(({ uri, atMs }) => uri.includes(name) && atMs >= sentMs - 1)?.atMs ?? Infinity) - sentMs;
  });
  const answeredMs = sent.map((each) => each.answeredMs - each.sentMs);
  return {
    targets: TARGETS,
    deliveries: commits.length,
    perSecond: PER_SECOND,
    webhookMs: { p50: quantile(answeredMs, 0.5), p99: quantile(answeredMs, 0.99) },
    appliedMs: { p50: quantile(appliedMs, 0.5), p99: quantile(appliedMs, 0.99) },
    runs: outcomes().length,
    lost: appliedMs.filter((ms) => !Number.isFinite(ms)).length,
    drainedMs,
  };
}

async function sendAtPace(lab: Lab, commits: readonly BenchCommit[]): Promise<readonly Sent[]> {
  const startedMs = performance.now();
  const deliveries: Promise<Sent>[] = [];
  for (const [n, commit] of commits.entries()) {
    await pause(Math.max(0, startedMs + (n * 1000) / PER_SECOND - performance.now()));
    await lab.repository.publish(commit);
    deliveries.push(lab.deliver([commit]));
  }
  return Promise.all(deliveries);
}
