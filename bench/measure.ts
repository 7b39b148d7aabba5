import { followAudit, isApply } from './audit.ts';
import type { AuditEntry } from './audit.ts';
import type { Lab } from './lab.ts';
import type { BenchCommit, Files } from './repository.ts';

/** One push, as measured by the servers and the kernel. */
export interface Measured {
  /** From the delivery's first byte to the API server's response to the last write of a user's object. */
  readonly appliedMs: number;
  /** As logged in the outcome line. */
  readonly durationMs: number;
  readonly stagesMs: Readonly<Record<string, number>>;
  readonly kubernetes: number;
  readonly lists: number;
  readonly git: number;
  readonly gitBytes: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

export async function measurePush(lab: Lab, files: Files): Promise<Measured> {
  return measureDelivery(lab, await lab.repository.commit(files));
}

export async function measureDelivery(lab: Lab, commit: BenchCommit): Promise<Measured> {
  const { host, served, cluster } = lab;
  const audit = await followAudit(cluster.auditLog);
  host.server.requests.length = 0;
  await served.peakMb();
  const cpuBefore = await served.cpuMs();
  const { sentMs } = await lab.deliver([commit]);
  const outcome = await lab.outcome(commit.revision);
  const endedMs = performance.timeOrigin + performance.now();
  const [cpuAfter, peakMb, entries] = await Promise.all([served.cpuMs(), served.peakMb(), audit()]);
  const own = entries.filter(({ userAgent }) => userAgent.includes(`(${lab.namespace}`));
  const git = host.server.requests.filter(({ command }) => command !== '');
  return {
    appliedMs: (lastApply(own) ?? endedMs) - sentMs,
    durationMs: Number(outcome['durationMs']),
    stagesMs: outcome['stagesMs'] as Readonly<Record<string, number>>,
    kubernetes: own.length,
    lists: own.filter(({ verb }) => verb === 'list').length,
    git: git.length,
    gitBytes: git.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
    cpuMs: cpuAfter - cpuBefore,
    peakMb,
  };
}

function lastApply(entries: readonly AuditEntry[]): number | null {
  const times = entries.filter((entry) => isApply(entry)).map(({ atMs }) => atMs);
  return times.length === 0 ? null : Math.max(...times);
}

/** The median of each figure. */
export function medianOf(all: readonly Measured[]): Measured {
  const of = (pick: (one: Measured) => number) => median(all.map((one) => pick(one)));
  const stages = Object.keys(all[0]?.stagesMs ?? {});
  return {
    appliedMs: of((one) => one.appliedMs),
    durationMs: of((one) => one.durationMs),
    stagesMs: Object.fromEntries(stages.map((stage) => [stage, of((one) => one.stagesMs[stage] ?? 0)])),
    kubernetes: of((one) => one.kubernetes),
    lists: of((one) => one.lists),
    git: of((one) => one.git),
    gitBytes: of((one) => one.gitBytes),
    cpuMs: of((one) => one.cpuMs),
    peakMb: of((one) => one.peakMb),
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
