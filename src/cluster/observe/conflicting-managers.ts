import type { FieldConflict } from '../../plan/model/facts.ts';
import type { Write } from '../../plan/model/plan.ts';
import { objectPath } from '../api/kinds.ts';
import { applyRequest } from '../api/dry-run.ts';
import { conflictsOf } from '../api/status.ts';
import type { ObserveContext } from './context.ts';

/** Which fields of it others hold against us, as the API server says when it is not told to take them. Nothing is written. */
export async function conflictingManagers(
  { op, candidate: { resource, body } }: Write,
  { connection, target, kindOf }: Pick<ObserveContext, 'connection' | 'target' | 'kindOf'>,
  signal: AbortSignal,
): Promise<readonly FieldConflict[]> {
  const kind = kindOf(resource);
  if (op !== 'update' || kind === null) return [];
  const asking = { ...target, conflicts: 'fail' } as const;
  const request = applyRequest(`${objectPath(kind, resource.id)}?dryRun=All&`, body, asking);
  return conflictsOf(await connection.request(request, signal));
}
