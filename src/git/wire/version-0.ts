import { readAdvertisement } from './advertisement.ts';
import type { Advertisement } from './advertisement.ts';
import { lineOf, takeBand } from './answer.ts';
import { gitError } from './git-error.ts';
import { FLUSH, pktLine, readPktLines } from './pkt-line.ts';
import { ask } from './transport.ts';
import type { GitServer } from './transport.ts';
import type { FetchArguments } from './upload-pack.ts';

/*
 * Servers that answer as git did before 2.18, such as AWS CodeCommit: https://git-scm.com/docs/gitprotocol-pack. They list all
 * refs whatever is wanted. Filters are not used: of these servers hardly one has them, and not all would serve trees alone.
 */

/** Which version the server speaks, with its refs where it speaks only the older one. */
export async function advertisement(
  server: GitServer,
  signal: AbortSignal,
): Promise<Advertisement & { bytes: number }> {
  const path = 'info/refs?service=git-upload-pack';
  const headers = { 'git-protocol': 'version=2' };
  const response = await ask(server, { method: 'GET', path, headers, body: null, mayRepeat: true }, signal);
  return { ...readAdvertisement(response, server.url), bytes: response.length };
}

/** As the newer version lists them: those with a prefix, and tags as the commits that they are of. */
export function refsBelow({ refs }: Advertisement, prefixes: readonly string[]): ReadonlyMap<string, string> {
  const wanted = [...refs].filter(([ref]) => prefixes.some((prefix) => ref.startsWith(prefix)) && !ref.endsWith('^{}'));
  return new Map(wanted.map(([ref, id]) => [ref, refs.get(`${ref}^{}`) ?? id]));
}

/** What a server did not name is not sent: CodeCommit answers `no-progress` with nothing at all. */
const CAPABILITIES = ['multi_ack_detailed', 'side-band-64k', 'no-progress', 'ofs-delta'];

/** The body of a POST to git-upload-pack. */
export function requestOf(
  { wants, haves = [], depth }: Pick<FetchArguments, 'wants' | 'haves' | 'depth'>,
  capabilities: ReadonlySet<string>,
): string {
  const sent = CAPABILITIES.filter((each) => capabilities.has(each)).map((each) => ` ${each}`);
  return [
    ...wants.map((id, index) => pktLine(`want ${id}${index === 0 ? sent.join('') : ''}`)),
    ...(depth === undefined ? [] : [pktLine(`deepen ${depth}`)]),
    FLUSH,
    ...haves.map((id) => pktLine(`have ${id}`)),
    pktLine('done'),
  ].join('');
}

/** The pack of the answer, which follows what is shallow and which commits both sides have. */
export function packOfOlder(response: Buffer, server: GitServer): Buffer {
  const subject = server.url;
  const parts: Buffer[] = [];
  let isEnded = false;
  for (const { kind, ...pkt } of readPktLines(response, subject)) {
    isEnded = kind === 'flush';
    if (!('payload' in pkt)) continue;
    // Bands are numbers below 4, and no line begins with one.
    if ((pkt.payload[0] ?? 0) > 3) lineOf(pkt.payload, server);
    else takeBand(pkt.payload, parts, server);
  }
  if (response.length === 0) throw gitError('git-protocol', { subject, message: 'the server aborted: empty response' });
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the response is truncated' });
  return Buffer.concat(parts);
}
