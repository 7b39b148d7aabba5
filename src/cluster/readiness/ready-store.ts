import * as z from 'zod/mini';
import type { Target } from '../../config/checked/config.ts';
import { parseJson } from '../../resource/json.ts';
import { isObject, metadataMap } from '../../resource/resource.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import type { Connection } from '../api/connection.ts';
import { METADATA_ONLY } from '../api/metadata.ts';
import { parentName, parseText } from '../state/parent.ts';
import { problemOf } from '../api/status.ts';

const Content = z.object({
  sinceMs: z.number(),
  notReady: z.array(z.object({ kind: z.string(), namespace: z.string(), name: z.string(), reason: z.string() })),
});

/** More would not fit into one object, and would not help a reader. */
const KEPT_NOT_READY = 100;

function nameOf(target: Target): string {
  return `${parentName(target.name)}.ready`;
}

export async function readReadiness(
  target: Target,
  connection: Connection,
  signal: AbortSignal,
): Promise<ReadinessRecord | null> {
  const path = `/api/v1/namespaces/${target.namespace}/configmaps/${nameOf(target)}`;
  const answer = await connection.request({ method: 'GET', path }, signal);
  if (answer.status === 404) return null;
  if (answer.status >= 300)
    throw await problemOf(answer, { subject: `ConfigMap ${nameOf(target)}`, secret: false, request: 'state' });
  const object = parseJson(answer.text);
  if (!isObject(object)) return null;
  const annotations = metadataMap(object, 'annotations');
  const data = isObject(object['data']) ? object['data']['readiness'] : undefined;
  const content = z.safeParse(Content, parseText(data));
  const revision = asRevision(annotations['headgate.dev/revision'] ?? '');
  const readiness = annotations['headgate.dev/readiness'];
  // Written by another version or edited by hand: ignore it, and the next check overwrites it.
  if (revision === null || !content.success || !isReadiness(readiness)) return null;
  const lastReady = asRevision(annotations['headgate.dev/last-ready'] ?? '');
  return { revision, readiness, ...content.data, lastReady, at: annotations['headgate.dev/at'] ?? '' };
}

/** A forced server-side apply: the latest check wins, whatever was written before. */
export async function writeReadiness(
  { revision, sinceMs, readiness, notReady, lastReady, at }: ReadinessRecord,
  { target, connection }: { target: Target; connection: Connection },
  signal: AbortSignal,
): Promise<void> {
  const name = nameOf(target);
  const content: z.input<typeof Content> = { sinceMs, notReady: notReady.slice(0, KEPT_NOT_READY) };
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: target.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'headgate' },
      annotations: {
        'headgate.dev/format': '1',
        'headgate.dev/parent': parentName(target.name),
        'headgate.dev/revision': revision,
        'headgate.dev/readiness': readiness,
        'headgate.dev/at': at,
        ...(lastReady === null ? {} : { 'headgate.dev/last-ready': lastReady }),
      },
    },
    data: { readiness: JSON.stringify(content) },
  };
  const answer = await connection.request(
    {
      method: 'PATCH',
      path: `/api/v1/namespaces/${target.namespace}/configmaps/${name}?fieldManager=headgate&force=true`,
      body: JSON.stringify(body),
      contentType: 'application/apply-patch+yaml',
      accept: METADATA_ONLY,
    },
    signal,
  );
  if (answer.status >= 300)
    throw await problemOf(answer, { subject: `ConfigMap ${name}`, secret: false, request: 'state' });
}

function isReadiness(text: string | undefined): text is ReadinessRecord['readiness'] {
  return text === 'progressing' || text === 'ready' || text === 'not-ready';
}
