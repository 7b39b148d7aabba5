import type { Repository, Target } from '../../config/checked/config.ts';
import type { Readers } from '../../deploy/ports/tools.ts';
import type { PromotionPorts } from '../../promotion/run/ports.ts';
import { emptyMemory, promoteStep } from '../../promotion/run/promote-step.ts';
import type { StepOutcome, StepMemory } from '../../promotion/run/promote-step.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { reporter } from '../../deploy/report/reporter.ts';
import { openProposalsOf, openWriterOf, recordTrustOf, withSignatures } from '../git-writers.ts';
import { readCommitStatuses } from './commit-statuses.ts';
import type { SecretSources } from '../secrets.ts';

/** The runtime that promotes. */
export type PromotingRuntime = AppRuntime & {
  readonly secrets: SecretSources;
  readonly loadReaders: () => Promise<Readers>;
};

/** Moves versions from stage to stage. It remembers what it has found settled. */
export interface Promotions {
  promote(group: StepGroup, signal: AbortSignal): Promise<StepOutcome>;
}

export function openPromotions(runtime: PromotingRuntime): Promotions {
  const memories = new Map<string, StepMemory>();
  const trust = recordTrustOf(runtime);
  return {
    async promote(group, signal) {
      const memory = memories.get(group.name) ?? emptyMemory();
      memories.set(group.name, memory);
      return promoteStep(group, await promotionPorts(runtime, trust), { memory, signal });
    },
  };
}

export async function promotionPorts(
  runtime: PromotingRuntime,
  trust = recordTrustOf(runtime),
): Promise<PromotionPorts> {
  const { config, log, nowMs, wait, openGit, channels } = runtime;
  return {
    images: config.images,
    readers: await runtime.loadReaders(),
    async readStage(target: Target, signal: AbortSignal) {
      const cluster = await runtime.openCluster(target);
      const [{ state }, record] = await Promise.all([
        cluster.read('read-only', signal),
        cluster.readiness.read(signal),
      ]);
      return { state, record };
    },
    openReader: openGit,
    openWriter: async (repository: Repository) =>
      withSignatures(await openWriterOf(repository, runtime), repository, runtime),
    trust,
    openProposals: (repository: Repository) => openProposalsOf(repository, runtime),
    statusesOf: (at, signal) => readCommitStatuses(at, runtime, signal),
    async report(event, { name, repository, notify }, signal) {
      const requestedAt = new Date(nowMs()).toISOString();
      const subject = { target: name, repository: repository.name, delivery: 'promotions', notify, requestedAt };
      await reporter(channels, { subject, log }).report(event, signal);
    },
    log,
    nowMs,
    wait,
  };
}
