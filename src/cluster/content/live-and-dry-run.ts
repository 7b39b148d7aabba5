import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { legacyOf } from '../../plan/ownership/adoption.ts';
import { parseJson, stringifyJson } from '../../resource/json.ts';
import { formatId, formatPosition, isObject, hidesValues } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import type { Candidate } from '../../plan/model/facts.ts';
import type { Connection, KubeAnswer, KubeRequest } from '../api/connection.ts';
import { applyRequest } from '../api/dry-run.ts';
import { liveOf, metadataOf } from '../api/metadata.ts';
import { problemOf, refusalOf } from '../api/status.ts';

interface Context {
  readonly connection: Connection;
  readonly target: Target;
  readonly applySetId: string;
}

export interface Compared {
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** The object would be invalid without the fields that the takeover lets the apply remove. */
  readonly refused: Problem | null;
}

type Updated = Pick<Candidate, 'resource' | 'body' | 'live'> & { readonly path: string };

/** Reads a live object and what applying it results in. Both are whole objects, which a push never reads. */
export async function readLiveAndDryRun(updated: Updated, context: Context, signal: AbortSignal): Promise<Compared> {
  const { resource, path, body, live } = updated;
  const subject = `${formatPosition(resource.source)} ${formatId(resource.id)}`;
  const read = async (request: KubeRequest): Promise<KubeAnswer> => {
    const answer = await context.connection.request(request, signal);
    if (answer.status >= 300) throw await problemOf(answer, { subject, secret: hidesValues(resource) });
    return answer;
  };
  const [found, dryRun] = await Promise.all([
    read({ method: 'GET', path }),
    read({ ...applyRequest(`${path}?dryRun=All&`, body, context.target), accept: 'application/json' }),
  ]);
  const compared = { before: objectOf(found), after: objectOf(dryRun), refused: null };
  // Only an object that is seen for the first time is taken over.
  return live === null ? compared : withTakeover(compared, updated, { context, found }, signal);
}

/** Costs a third dry run where the takeover removes something. */
async function withTakeover(
  compared: Compared,
  { resource, path }: Updated,
  { context, found }: { context: Context; found: KubeAnswer },
  signal: AbortSignal,
): Promise<Compared> {
  const { takenFieldsPatch } = await import('../../plan/ownership/taken-fields.ts');
  const { before, after: applied } = compared;
  const live = liveOf(metadataOf(found.text));
  const patch = takenFieldsPatch({ before, applied }, { live, legacy: legacyOf(live, context.applySetId) });
  if (patch === null) return compared;
  const request = {
    method: 'PATCH',
    path: `${path}?dryRun=All&fieldManager=headgate`,
    body: stringifyJson(patch.map((operation) => ({ ...operation }))),
    contentType: 'application/json-patch+json',
  } as const;
  const answer = await context.connection.request(request, signal);
  if (answer.status < 300) return { ...compared, after: objectOf(answer) };
  const about = { subject: formatPosition(resource.source), secret: hidesValues(resource) };
  return { ...compared, refused: await refusalOf(answer, about) };
}

function objectOf({ text }: KubeAnswer): JsonObject {
  const object = parseJson(text);
  return isObject(object) ? object : {};
}
