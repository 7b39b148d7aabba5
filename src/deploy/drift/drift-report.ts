import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Contests } from '../../state/contest.ts';
import { isContested } from '../../state/contest.ts';
import type { Write } from '../../plan/model/plan.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { AppliedSource } from '../../snapshot/source.ts';
import type { DriftOutcome } from '../ports/run-event.ts';
import type { Observed } from '../ports/cluster.ts';
import type { World } from '../ports/world.ts';

/** More are counted, not explained: each costs a request. */
const EXPLAINED = 20;

/** What differs from Git and who holds it, object by object. Asked before anything is brought back. */
export async function explainDrift(
  writes: readonly Write[],
  { contests, observed, target }: { contests: Contests; observed: Observed; target: Target },
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  return Promise.all(
    writes.slice(0, EXPLAINED).map(async (write) => {
      const holders = await observed.conflictingManagers(write, signal);
      const fields = holders.map(({ field, manager }) => `${field} (${manager})`).join(', ');
      return explain(write, { fields, contests, target });
    }),
  );
}

function explain(
  { op, candidate: { resource } }: Write,
  { fields, contests, target }: { fields: string; contests: Contests; target: Target },
): Problem {
  const object = formatId(resource.id);
  const subject = formatPosition(resource.source);
  const differs = fields === '' ? '' : `: ${fields}`;
  const contest = contests[object];
  if (contest !== undefined && isContested(object, contests)) {
    const until = new Date(contest.restUntilMs).toISOString();
    return {
      code: 'drift-contested',
      subject,
      message: `${object} was changed again after each of ${contest.times} corrections${differs}; it is left alone until ${until}`,
      remedy: `Let one of the two write it: list the field under ignore of target ${target.name}, or stop the other.`,
    };
  }
  const remedy =
    target.drift === 'report'
      ? 'Commit the change, list the field under ignore, or set drift: correct.'
      : 'It is brought back. What is to stay belongs in Git, or under ignore.';
  if (op === 'create') return { code: 'drifted', subject, message: `${object} is gone from the cluster`, remedy };
  return { code: 'drifted', subject, message: `${object} differs from Git${differs}`, remedy };
}

/** Reports one outcome of a look for drift, where there are objects with it. */
export async function reportDrift(
  outcome: DriftOutcome,
  problems: readonly Problem[],
  { at, world }: { at: AppliedSource; world: World },
  signal: AbortSignal,
): Promise<void> {
  if (problems.length === 0) return;
  await world.report({ kind: 'drift', outcome, revision: at.revision, problems }, signal);
}
