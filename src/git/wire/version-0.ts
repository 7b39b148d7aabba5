import { readAdvertisement } from './advertisement.ts';
import type { Advertisement } from './advertisement.ts';
import { fatalError, refusalOf } from './answer.ts';
import type { AnswerContext } from './answer.ts';
import { gitError } from './git-error.ts';
import { FLUSH, pktLine, readPktLines } from './pkt-line.ts';
import type { GitRequest, ServerTraits } from './transport.ts';

/*
 * Servers that answer as git did before 2.18, such as AWS CodeCommit: https://git-scm.com/docs/gitprotocol-pack. They list all
 * refs whatever is wanted. Filters are not used: hardly one of these servers has them, and not all would serve trees alone.
 */

export interface OlderServer {
  /** Whether the server speaks this version alone. Found out once per process. */
  isSpoken(signal: AbortSignal): Promise<boolean>;
  requestPack(what: OlderArguments, signal: AbortSignal): Promise<Buffer>;
  listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

/** Without a filter. */
interface OlderArguments {
  readonly wants: readonly string[];
  readonly haves?: readonly string[];
  readonly depth?: number;
}

interface OlderOptions {
  readonly send: (what: GitRequest, signal: AbortSignal) => Promise<Buffer>;
  readonly traits: ServerTraits;
  readonly shown: () => AnswerContext;
}

export function olderServer({ send, traits, shown }: OlderOptions): OlderServer {
  /** What finding out has brought, until it is used. */
  let advertised: Advertisement | null = null;
  let discovery: Promise<void> | null = null;

  async function advertise(signal: AbortSignal): Promise<Advertisement> {
    const path = 'info/refs?service=git-upload-pack';
    const headers = { 'git-protocol': 'version=2' };
    const what = { method: 'GET', path, headers, body: null, mayRepeat: true };
    return readAdvertisement(await send(what, signal), shown().subject);
  }

  async function discover(signal: AbortSignal): Promise<void> {
    const found = await advertise(signal);
    if (found.version === 2) {
      traits.protocol = { version: 2 };
      return;
    }
    traits.protocol = { version: 0, capabilities: found.capabilities };
    Object.assign(traits, { hasFilters: false, servesTrees: false });
    advertised = found;
  }

  return {
    async isSpoken(signal) {
      if (!isKnown(traits)) await (discovery ??= discover(signal));
      return traits.protocol.version === 0;
    },
    async requestPack(what, signal) {
      const { protocol } = traits;
      const headers = {
        'content-type': 'application/x-git-upload-pack-request',
        accept: 'application/x-git-upload-pack-result',
      };
      const body = requestOf(what, protocol.version === 0 ? protocol.capabilities : new Set());
      const request = { method: 'POST', path: 'git-upload-pack', headers, body, mayRepeat: true };
      return packOf(await send(request, signal), shown());
    },
    async listRefs(prefixes, signal) {
      const known = advertised;
      advertised = null;
      return refsBelow(known ?? (await advertise(signal)), prefixes);
    },
  };
}

function isKnown({ protocol: { version } }: ServerTraits): boolean {
  return version === 0 || version === 2;
}

/** As the newer version lists them: those with a prefix, and tags as the commits that they are of. */
function refsBelow({ refs }: Advertisement, prefixes: readonly string[]): ReadonlyMap<string, string> {
  const wanted = [...refs].filter(([ref]) => prefixes.some((prefix) => ref.startsWith(prefix)) && !ref.endsWith('^{}'));
  return new Map(wanted.map(([ref, id]) => [ref, refs.get(`${ref}^{}`) ?? id]));
}

/** What a server did not name is not sent: CodeCommit answers `no-progress` with nothing at all. */
const CAPABILITIES = ['multi_ack_detailed', 'side-band-64k', 'no-progress', 'ofs-delta'];

function requestOf({ wants, haves = [], depth }: OlderArguments, capabilities: ReadonlySet<string>): string {
  const sent = CAPABILITIES.filter((each) => capabilities.has(each)).map((each) => ` ${each}`);
  return [
    ...wants.map((id, index) => pktLine(`want ${id}${index === 0 ? sent.join('') : ''}`)),
    ...(depth === undefined ? [] : [pktLine(`deepen ${depth}`)]),
    FLUSH,
    ...haves.map((id) => pktLine(`have ${id}`)),
    pktLine('done'),
  ].join('');
}

/** Extracts the pack, which follows the lines about shallow commits and about commits that both sides have. */
function packOf(response: Buffer, shown: AnswerContext): Buffer {
  const { subject } = shown;
  const parts: Buffer[] = [];
  let isEnded = false;
  for (const pkt of readPktLines(response, subject)) {
    isEnded = pkt.kind === 'flush';
    if (pkt.kind !== 'line') continue;
    const { payload } = pkt;
    if (payload[0] === 1) parts.push(payload.subarray(1));
    if (payload[0] === 3) throw fatalError(payload, shown);
    if (payload.toString('latin1', 0, 4) === 'ERR ') throw refusalOf(payload, shown);
  }
  if (response.length === 0) throw gitError('git-protocol', { subject, message: 'the server aborted: empty response' });
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the response is truncated' });
  return Buffer.concat(parts);
}
