import { problemOf } from '../api/status.ts';
import { parseJson } from '../../resource/json.ts';
import { formatId, hidesValues, isObject, metadataMap } from '../../resource/resource.ts';
import type { JsonObject, Resource } from '../../resource/resource.ts';
import { legacyOf } from '../../plan/ownership/adoption.ts';
import { ignoredPaths, omitForeignFields } from '../../plan/ownership/ignored-fields.ts';
import type { ObserveContext } from './context.ts';

/** Applies the target's `ignore` rules to the body of a live object; the body of a new object is unchanged. */
export async function withIgnored(
  body: JsonObject,
  {
    resource,
    path,
    context,
  }: {
    resource: Resource;
    path: string;
    context: Pick<ObserveContext, 'connection' | 'target' | 'entriesOf' | 'applySetId'>;
  },
  signal: AbortSignal,
): Promise<JsonObject> {
  const paths = ignoredPaths(resource.id, context.target.ignore);
  if (paths.length === 0) return body;
  const answer = await context.connection.request({ method: 'GET', path }, signal);
  if (answer.status === 404) return body;
  if (answer.status >= 300)
    throw await problemOf(answer, { subject: formatId(resource.id), secret: hidesValues(resource) });
  const live = parseJson(answer.text);
  if (!isObject(live)) return body;
  const { uid } = isObject(live['metadata']) ? live['metadata'] : {};
  const isKnown = context.entriesOf(resource).some((entry) => entry.uid === uid);
  const metadata = { labels: metadataMap(live, 'labels'), annotations: metadataMap(live, 'annotations') };
  return omitForeignFields(body, live, {
    pointers: paths,
    takenOver: isKnown ? null : legacyOf(metadata, context.applySetId),
  });
}
