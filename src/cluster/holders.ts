import type { FieldHolder } from '../plan/facts.ts';
import type { Write } from '../plan/plan.ts';
import { objectPath } from './kinds.ts';
import { applyRequest } from './dry-run.ts';
import type { ObserveContext } from './run.ts';
import { conflictsOf } from './status.ts';

/** Which fields of it others hold against us, as the API server says when it is not told to take them. Nothing is written. */
export async function holdersOf(
  { op, candidate: { resource, body } }: Write,
  { connection, target, kindOf }: Pick<ObserveContext, 'connection' | 'target' | 'kindOf'>,
  signal: AbortSignal,
): Promise<readonly FieldHolder[]> {
  const kind = kindOf(resource);
  if (op !== 'update' || kind === null) return [];
  const asking = { ...target, conflicts: 'fail' } as const;
  const request = applyRequest(`${objectPath(kind, resource.id)}?dryRun=All&`, body, asking);
  return conflictsOf(await connection.request(request, signal));
}
