import type { Config } from '../../config/checked/config.ts';
import type { CommitOutcome, Outcomes } from '../../queue/messages/write-request.ts';
import type { AppRuntime } from '../app-runtime.ts';
import type { SecretSources } from '../secrets.ts';

/** For a command: keeps outcomes until it has ended. */
export interface MemoryOutcomes extends Outcomes {
  take(): readonly CommitOutcome[];
}

export function memoryOutcomes(): MemoryOutcomes {
  const kept: CommitOutcome[] = [];
  return {
    async add(outcomes) {
      kept.push(...outcomes);
    },
    take: () => kept.splice(0),
  };
}

/** A person who runs a command does not wait longer for refs that others read. */
const LIMIT_MS = 15_000;

/** Records the outcomes of a command, once. A failure is only logged: the command has its own outcome. */
export async function recordNow(
  outcomes: MemoryOutcomes,
  runtime: AppRuntime & { readonly config: Config; readonly secrets: SecretSources },
): Promise<void> {
  const groups = Map.groupBy(outcomes.take(), ({ repository }) => repository);
  if (groups.size === 0) return;
  const { writeOutcomes } = await import('./write-outcomes.ts');
  const signal = AbortSignal.timeout(LIMIT_MS);
  await Promise.all(
    [...groups].map(async ([name, own]) => {
      const repository = runtime.config.repositories.get(name);
      if (repository !== undefined) await writeOutcomes(own, { repository, runtime, tries: null }, signal);
    }),
  );
}
