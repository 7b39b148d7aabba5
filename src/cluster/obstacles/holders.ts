import type { Facts, Holder } from '../../plan/model/facts.ts';
import { heldValues } from '../../plan/refusals/held-values.ts';
import { isWritten } from '../../plan/refusals/may-pass-later.ts';
import { leftOf } from '../../plan/planner/left.ts';
import { inParallel } from '../../exchange/pool.ts';
import { parseJson } from '../../resource/json.ts';
import { formatKind } from '../../resource/kind-order.ts';
import { formatId, isObject } from '../../resource/resource.ts';
import type { Entry } from '../../state/inventory.ts';
import { objectPath } from '../api/kinds.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { problemOf } from '../api/status.ts';
import type { OwnedContext } from '../api/owned.ts';

/**
 * Reads what the objects to prune hold, if one that is written wants such a value. A dry run does not find a taken cluster
 * IP: it allocates nothing (1.37).
 */
export async function readHolders(
  facts: Pick<Facts, 'candidates' | 'entries' | 'touched'>,
  context: OwnedContext,
  signal: AbortSignal,
): Promise<readonly Holder[]> {
  const wanting = facts.candidates
    .filter(
      (candidate) => isWritten(candidate) && heldValues(candidate.resource.id, candidate.resource.object).length > 0,
    )
    .map(({ resource }) => formatKind(resource.id));
  if (wanting.length === 0) return [];
  const left = leftOf(facts).filter(({ id }) => wanting.includes(formatKind(id)));
  return inParallel(left, REQUESTS_AT_ONCE, (entry) => readHolder(entry, context, signal));
}

async function readHolder(entry: Entry, { connection, kinds }: OwnedContext, signal: AbortSignal): Promise<Holder> {
  const { id, apiVersion } = entry;
  const kind = kinds.findAny({ apiVersion, kind: id.kind });
  if (kind === null) return { id, values: [] };
  const answer = await connection.request({ method: 'GET', path: objectPath(kind, id) }, signal);
  if (answer.status === 404) return { id, values: [] };
  if (answer.status >= 300) throw await problemOf(answer, { subject: formatId(id), secret: false });
  const object = parseJson(answer.text);
  return { id, values: isObject(object) ? heldValues(id, object) : [] };
}
