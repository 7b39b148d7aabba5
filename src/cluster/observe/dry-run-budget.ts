import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';

export interface DryRunBudgetOptions {
  /** How many objects are to be asked about. */
  readonly total: number;
  /** How long one run may take; null: as long as it likes. */
  readonly limitMs: number | null;
  readonly nowMs: () => number;
  readonly target: Pick<Target, 'name'>;
}

/** So many answers tell how fast it goes. */
const SAMPLE = 64;

/**
 * Everything is dry-run before the first write, and an interrupted run begins with that again: a gate that is longer than
 * a run may be would never end. It is refused as soon as its pace shows that.
 * @throws DeployError `gate-too-long`, from the function that is called after every answer
 */
export function dryRunBudget({ total, limitMs, nowMs, target }: DryRunBudgetOptions): () => void {
  const startedMs = nowMs();
  let answered = 0;
  return () => {
    answered += 1;
    if (limitMs === null || answered % SAMPLE !== 0) return;
    const neededMs = ((nowMs() - startedMs) / answered) * total;
    if (neededMs > limitMs) throw tooLong({ total, neededMs, limitMs, target });
  };
}

function tooLong({
  total,
  neededMs,
  limitMs,
  target,
}: Pick<DryRunBudgetOptions, 'total' | 'target'> & { neededMs: number; limitMs: number }): DeployError {
  const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`;
  return new DeployError('gate-too-long', {
    subject: `target ${target.name}`,
    message: `the dry run of ${total} objects needs about ${seconds(neededMs)}, and a run here has ${seconds(limitMs)}`,
    remedy: `Run headgate deploy ${target.name} once from a machine without that limit (later pushes cost only what they change), give the deploy function more time, or split the target.`,
  });
}
