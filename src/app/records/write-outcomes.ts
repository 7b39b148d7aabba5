import type { Repository } from '../../config/checked/config.ts';
import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import type { RefusedRecord, TargetRecord } from '../../git/write/ref-writer.ts';
import type { CommitOutcome } from '../../queue/messages/write-request.ts';
import type { Handled } from '../../queue/work.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { refWriterOf } from '../git-writers.ts';
import type { WritingRuntime } from '../git-writers.ts';

type Runtime = WritingRuntime & Pick<AppRuntime, 'openGit' | 'log'>;

export interface Recording {
  readonly repository: Repository;
  readonly runtime: Runtime;
  /** How often the queue has delivered the newest outcome; null: there is no queue that would deliver it again. */
  readonly tries: number | null;
}

/** With the pauses between them, a Git host may be away for about four hours. The next deploy records again. */
const MAX_TRIES = 20;

/** Records outcomes of one repository by one push. What fails is only logged: the deploys have their outcome. */
export async function writeOutcomes(
  outcomes: readonly CommitOutcome[],
  recording: Recording,
  signal: AbortSignal,
): Promise<Handled> {
  const { repository, runtime } = recording;
  const records = newestOf(outcomes);
  try {
    const writer = await refWriterOf(repository, runtime);
    const refused = await writer.write(records, signal);
    const lost = new Set(refused.map(({ target }) => target));
    const targets = records.map(({ target }) => target).filter((target) => !lost.has(target));
    const { usage } = writer;
    if (targets.length > 0)
      runtime.log({ level: 'debug', message: 'recorded', repository: repository.name, targets, ...usage });
    return settle(refused, recording);
  } catch (thrown) {
    // The queue keeps what an interrupted process has not recorded.
    if (signal.aborted && recording.tries !== null) throw thrown;
    const error = asDeployError(thrown);
    return settle(
      records.map(({ target }) => ({ target, error })),
      recording,
    );
  }
}

/** Logs one line for a push that was not accepted completely, and decides whether the queue repeats it. */
function settle(refused: readonly RefusedRecord[], { repository, runtime, tries }: Recording): Handled {
  const [first] = refused;
  if (first === undefined) return { kind: 'done' };
  const later = refused.find(({ error }) => !needsPerson(error.code));
  const willRetry = later !== undefined && tries !== null && tries < MAX_TRIES;
  const line = {
    repository: repository.name,
    targets: refused.map(({ target }) => target),
    errors: [(later ?? first).error.problem],
  };
  if (!willRetry) runtime.log({ level: 'warn', message: 'not-recorded', ...line });
  else if (tries === 1) runtime.log({ level: 'warn', message: 'not-recorded-yet', ...line });
  return willRetry ? { kind: 'retry', afterMs: later.error.retryAfterMs ?? null } : { kind: 'done' };
}

/** The newest commit of each target, and the newest note of each commit. `outcomes` are in order. */
export function newestOf(outcomes: readonly CommitOutcome[]): readonly TargetRecord[] {
  return [...Map.groupBy(outcomes, ({ name }) => name)].map(([target, own]) => ({
    target,
    deployed: own.findLast(({ isDeployed }) => isDeployed)?.revision ?? null,
    notes: new Map(own.map(({ revision, note }) => [revision, note])),
    atMs: Date.parse(own.at(-1)?.at ?? ''),
  }));
}
