import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';

export interface DryRunBudgetOptions {
  /** The number of objects to dry-run. */
  readonly total: number;
  /** How long one run may take; null: no limit. */
  readonly limitMs: number | null;
  readonly nowMs: () => number;
  readonly target: Pick<Target, 'name'>;
}

/** The pace is checked after every 64th response. */
const SAMPLE = 64;

/**
 * Every object is dry-run before the first write, and an interrupted run starts over with the dry run. One that takes longer
 * than a run may take would never finish, so it is refused as soon as its pace shows that. Call the returned function after
 * every response. @throws DeployError `gate-too-long`, from that function
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
    message: `the dry run of ${total} objects takes about ${seconds(neededMs)}, longer than the time limit of a run (${seconds(limitMs)})`,
    remedy: `Run headgate deploy ${target.name} once from a machine without that limit (later pushes cost only what they change), give the deploy function more time, or split the target.`,
  });
}
