import { parseJson } from '../../resource/json.ts';
import { formatId, formatPosition, isObject, hidesValues } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import type { KubeRequest } from '../api/connection.ts';
import { applyRequest } from '../api/dry-run.ts';
import { problemOf } from '../api/status.ts';
import type { ObserveContext } from './context.ts';

/** Reads a live object and its dry run. Both are whole objects, which a push never reads. */
export async function readLiveAndDryRun(
  { resource, path, body }: { resource: Resource; path: string; body: JsonObject },
  { connection, target }: Pick<ObserveContext, 'connection' | 'target'>,
  signal: AbortSignal,
): Promise<{ readonly before: JsonObject; readonly after: JsonObject }> {
  const subject = `${formatPosition(resource.source)} ${formatId(resource.id)}`;
  const read = async (request: KubeRequest): Promise<JsonObject> => {
    const answer = await connection.request(request, signal);
    if (answer.status >= 300) throw await problemOf(answer, { subject, secret: hidesValues(resource) });
    const object = parseJson(answer.text);
    return isObject(object) ? object : {};
  };
  const [before, after] = await Promise.all([
    read({ method: 'GET', path }),
    read({ ...applyRequest(`${path}?dryRun=All&`, body, target), accept: 'application/json' }),
  ]);
  return { before, after };
}
