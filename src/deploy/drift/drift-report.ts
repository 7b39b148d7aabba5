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

/** Objects beyond this are counted, not explained: each costs a request. */
const EXPLAINED = 20;

/** Which fields of each object differ from Git, and which managers hold them. Call it before anything is corrected. */
export async function explainDrift(
  writes: readonly Write[],
  { contests, observed, target }: { contests: Contests; observed: Observed; target: Target },
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  return Promise.all(
    writes.slice(0, EXPLAINED).map(async (write) => {
      const conflicts = await observed.conflictingManagers(write, signal);
      const fields = conflicts.map(({ field, manager }) => `${field} (${manager})`).join(', ');
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
      message: `${object} was changed again after each of ${contest.times} corrections${differs}; not corrected again until ${until}`,
      remedy: `List the field under ignore of target ${target.name}, or stop the other writer.`,
    };
  }
  const remedy =
    target.drift === 'report'
      ? 'Commit the change, list the field under ignore, or set drift: correct.'
      : 'Headgate corrects it. To keep the change, commit it, or list the field under ignore.';
  if (op === 'create') return { code: 'drifted', subject, message: `${object} was deleted from the cluster`, remedy };
  return { code: 'drifted', subject, message: `${object} differs from Git${differs}`, remedy };
}

/** Reports one outcome for the objects that have it. */
export async function reportDrift(
  outcome: DriftOutcome,
  problems: readonly Problem[],
  { applied, world }: { applied: AppliedSource; world: World },
  signal: AbortSignal,
): Promise<void> {
  if (problems.length === 0) return;
  await world.report({ kind: 'drift', outcome, revision: applied.revision, problems }, signal);
}
