import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from '../cluster/api.ts';

/** Every secret that a test plants begins with `planted-`. The second form is its base64, alone or after `x-access-token:`. */
const TRACE = /planted-|cGxhbnRlZC/;

/** Everything that must not contain a planted secret. */
export interface Collected {
  readonly log: string;
  readonly statuses: unknown;
  /** The files of the queue and of the dead letters. */
  readonly dataDirectory: string;
  readonly api: Api;
  readonly namespaces: readonly string[];
}

/** The places where a planted secret leaked. */
export async function leaksIn({
  log,
  statuses,
  dataDirectory,
  api,
  namespaces,
}: Collected): Promise<readonly string[]> {
  const places = new Map([
    ['log', log],
    ['commit statuses', JSON.stringify(statuses)],
    ...(await filesBelow(dataDirectory)),
    ...(await Promise.all(namespaces.map((namespace) => shownIn(namespace, api)))).flat(),
  ]);
  return [...places].flatMap(([place, text]) => {
    const at = text.search(TRACE);
    return at === -1 ? [] : [`${place}: ${text.slice(Math.max(0, at - 60), at + 22)}`];
  });
}

/** The queue keeps messages in SQLite: uncompressed, so that a text in them is a text in the file. */
async function filesBelow(directory: string): Promise<readonly (readonly [string, string])[]> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file): Promise<readonly [string, string]> => {
        const path = join(file.parentPath, file.name);
        return [path, await readFile(path, 'latin1').catch(() => '')];
      }),
  );
}

/** Events and Headgate's state, as a reader of Events and ConfigMaps sees them. */
async function shownIn(namespace: string, api: Api): Promise<readonly (readonly [string, string])[]> {
  const state = 'configmaps?labelSelector=app.kubernetes.io%2Fmanaged-by%3Dheadgate';
  return Promise.all(
    ['events', state].map(async (what): Promise<readonly [string, string]> => {
      const listed = await api.get(`/api/v1/namespaces/${namespace}/${what}`);
      return [`${namespace} ${what}`, JSON.stringify(listed)];
    }),
  );
}
