import type { FieldConflict } from '../../plan/model/facts.ts';
import type { Write } from '../../plan/model/plan.ts';
import { objectPath } from '../api/kinds.ts';
import { applyRequest } from '../api/dry-run.ts';
import { conflictsOf } from '../api/status.ts';
import type { ObserveContext } from './context.ts';

/** The fields that an unforced apply would conflict on, by a dry run. Nothing is written. */
export async function conflictingManagers(
  { op, candidate: { resource, body } }: Write,
  { connection, kindOf }: Pick<ObserveContext, 'connection' | 'kindOf'>,
  signal: AbortSignal,
): Promise<readonly FieldConflict[]> {
  const kind = kindOf(resource);
  if (op !== 'update' || kind === null) return [];
  const request = applyRequest(`${objectPath(kind, resource.id)}?dryRun=All&`, body, { conflicts: 'fail' });
  return conflictsOf(await connection.request(request, signal));
}
