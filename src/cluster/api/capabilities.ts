import type { Capabilities } from '../../deploy/ports/cluster.ts';
import { parseJson } from '../../resource/json.ts';
import { compareText, isObject, textOf } from '../../resource/resource.ts';
import type { Connection } from './connection.ts';
import { apiVersionOf } from './kinds.ts';
import type { KindCache } from './kinds.ts';
import { problemOf } from './status.ts';

/** The values that a chart reads from `.Capabilities` when Helm installs it. */
export async function readCapabilities(
  { connection, kinds }: { readonly connection: Connection; readonly kinds: KindCache },
  signal: AbortSignal,
): Promise<Capabilities> {
  const [answer, served] = await Promise.all([
    connection.request({ method: 'GET', path: '/version' }, signal),
    kinds.served(connection, signal),
  ]);
  if (answer.status >= 300) throw await problemOf(answer, { subject: '/version', secret: false });
  const version = parseJson(answer.text);
  const apis = served.flatMap((kind) => {
    const api = apiVersionOf(kind);
    return [api, `${api}/${kind.kind}`];
  });
  return {
    version: isObject(version) ? textOf(version['gitVersion']) : '',
    apiVersions: [...new Set(apis)].toSorted(compareText),
  };
}
