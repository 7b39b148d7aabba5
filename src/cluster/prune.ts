import { failureClassOf } from '../error/deploy-error.ts';
import type { ChangeResult } from '../plan/after.ts';
import type { LiveMetadata } from '../plan/ownership.ts';
import type { Prune } from '../plan/plan.ts';
import { judgePrune } from '../plan/prune-rule.ts';
import { formatId } from '../resource/resource.ts';
import { objectPath } from './kinds.ts';
import { METADATA_ONLY } from './metadata.ts';
import { readLive } from './observe.ts';
import { problemOf } from './status.ts';
import type { WriteContext } from './write.ts';

/** Controllers write to an object while it is judged; after this many tries its uid alone has to do. */
const CONFLICT_TRIES = 5;

export interface PruneContext extends WriteContext {
  readonly applySetId: string;
  readonly touched: ReadonlySet<string>;
}

/** Reads one object that left Git, judges it, and deletes exactly what was judged. */
export async function prune(change: Prune, context: PruneContext, signal: AbortSignal): Promise<ChangeResult> {
  const { entry } = change;
  const kind = context.kindOf(entry);
  // Its definition is gone, and with it the object.
  if (kind === null) return { kind: 'pruned', prune: change };
  const path = objectPath(kind, entry.id);
  for (let tries = 1; ; tries += 1) {
    const live = await readLive(path, { context, resource: entry }, signal);
    const verdict = judgePrune(entry, live, context);
    if (verdict.kind === 'keep') return { ...verdict, kind: 'kept', prune: change };
    if (verdict.kind === 'gone' || live === null) return { kind: 'pruned', prune: change };
    await context.held.ensure(signal);
    const answer = await context.connection.request(deleteRequest(path, live, tries <= CONFLICT_TRIES), signal);
    if (answer.status < 300 || answer.status === 404) return { kind: 'pruned', prune: change };
    if (answer.status === 409 && tries <= CONFLICT_TRIES) continue;
    const error = problemOf(answer, { subject: formatId(entry.id), secret: false });
    if (failureClassOf(error.code) === 'world') throw error;
    return { kind: 'failed', change, problem: error.problem };
  }
}

function deleteRequest(path: string, { uid, resourceVersion }: LiveMetadata, bindVersion: boolean) {
  const preconditions = bindVersion ? { uid, resourceVersion } : { uid };
  return {
    method: 'DELETE',
    path: `${path}?fieldManager=headgate`,
    body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions }),
    contentType: 'application/json',
    accept: METADATA_ONLY,
  } as const;
}
