import { gitError, UnknownObject } from './git-error.ts';
import { readPack } from './pack.ts';
import type { ObjectStore } from './pack.ts';
import { DELIMITER, FLUSH, pktLine, readPktLines } from './pkt-line.ts';
import { post } from './transport.ts';
import type { GitServer } from './transport.ts';

export interface FetchArguments {
  readonly wants: readonly string[];
  /** Trees only (facts: a commit stands for its history, and a revert's content is in that). */
  readonly haves?: readonly string[];
  /** Never together with `haves`: it would cancel what they save. */
  readonly depth?: 1;
  readonly filter?: 'blob:none' | 'tree:0';
}

/** The commands of one repository over smart HTTP, protocol version 2 (gitprotocol-v2(5)), counted as they are sent. */
export interface UploadPack {
  readonly usage: { readonly requests: number; readonly bytes: number };
  /** Adds what the server sends to the store. @throws UnknownObject when it does not have a wanted object. */
  fetch(what: FetchArguments, store: ObjectStore, signal: AbortSignal): Promise<void>;
  listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

export function uploadPack(server: GitServer, hash: 'sha1' | 'sha256'): UploadPack {
  const usage = { requests: 0, bytes: 0 };
  // Learned from the first refusal; without it answers are larger and just as right.
  let takesFilters = true;

  async function send(lines: readonly string[], signal: AbortSignal): Promise<Buffer> {
    usage.requests += 1;
    const answer = await post(server, lines.join(''), signal);
    usage.bytes += answer.length;
    return answer;
  }

  async function fetchOnce(what: FetchArguments, store: ObjectStore, signal: AbortSignal): Promise<void> {
    const pack = packOf(await send(fetchLines(what, hash), signal), server);
    readPack(pack, store, { hash, limits: server.limits, subject: server.url });
    // With a `have`, what is wanted may be part of it, and is then left out.
    const missing = what.haves === undefined ? what.wants.find((id) => !store.has(id)) : undefined;
    if (missing !== undefined)
      throw gitError('git-protocol', {
        subject: server.url,
        message: `the answer lacks ${missing}, which was asked for`,
      });
  }

  return {
    usage,
    async fetch(what, store, signal) {
      const { filter, ...unfiltered } = what;
      if (filter !== undefined && takesFilters) {
        try {
          return await fetchOnce(what, store, signal);
        } catch (thrown) {
          if (!(thrown instanceof ServerDied)) throw thrown;
          takesFilters = false;
        }
      }
      try {
        return await fetchOnce(unfiltered, store, signal);
      } catch (thrown) {
        if (!(thrown instanceof ServerDied)) throw thrown;
        throw gitError('git-protocol', {
          subject: server.url,
          message: `the server gave up: ${thrown.message}`,
          cause: thrown,
        });
      }
    },
    async listRefs(prefixes, signal) {
      const lines = [
        pktLine('command=ls-refs'),
        pktLine(`object-format=${hash}`),
        DELIMITER,
        pktLine('peel'),
        ...prefixes.map((ref) => pktLine(`ref-prefix ${ref}`)),
        FLUSH,
      ];
      return refsOf(await send(lines, signal), server);
    },
  };
}

/** How a server without `uploadpack.allowFilter` reacts: its process dies at the line that it does not know. */
class ServerDied extends Error {}

function fetchLines({ wants, haves = [], depth, filter }: FetchArguments, hash: string): readonly string[] {
  return [
    pktLine('command=fetch'),
    pktLine(`object-format=${hash}`),
    DELIMITER,
    pktLine('no-progress'),
    pktLine('ofs-delta'),
    ...wants.map((id) => pktLine(`want ${id}`)),
    ...(depth === undefined ? [] : [pktLine(`deepen ${depth}`)]),
    ...(filter === undefined ? [] : [pktLine(`filter ${filter}`)]),
    ...haves.map((id) => pktLine(`have ${id}`)),
    pktLine('done'),
    FLUSH,
  ];
}

/** The pack inside an answer: the lines of its `packfile` section, by their band (1 pack, 2 progress, 3 the server gives up). */
function packOf(answer: Buffer, { url: subject }: GitServer): Buffer {
  if (answer.length === 0) throw new ServerDied('its answer is empty');
  const parts: Buffer[] = [];
  let section: string | null = null;
  let isEnded = false;
  for (const pkt of readPktLines(answer, subject)) {
    if (pkt.kind === 'flush') isEnded = true;
    else if (pkt.kind === 'delimiter') section = null;
    else if (pkt.kind === 'line' && section === 'packfile') takeBand(pkt.payload, parts, subject);
    else if (pkt.kind === 'line') section ??= sectionOf(pkt.payload, subject);
  }
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the answer was cut off' });
  if (section !== 'packfile') throw gitError('git-protocol', { subject, message: 'the answer holds no pack' });
  return Buffer.concat(parts);
}

function takeBand(payload: Buffer, parts: Buffer[], subject: string): void {
  if (payload[0] === 1) parts.push(payload.subarray(1));
  if (payload[0] === 3)
    throw gitError('git-protocol', { subject, message: `the server gave up: ${printable(payload.subarray(1))}` });
}

function sectionOf(payload: Buffer, subject: string): string {
  const line = payload.toString().trimEnd();
  const unknown = /not our ref ([0-9a-f]+)/.exec(line)?.[1];
  if (line.startsWith('ERR ') && unknown !== undefined) throw new UnknownObject(unknown);
  if (line.startsWith('ERR ') && line.includes('filter')) throw new ServerDied(printable(payload.subarray(4)));
  if (line.startsWith('ERR '))
    throw gitError('git-protocol', { subject, message: `the server says: ${printable(payload.subarray(4))}` });
  return line;
}

function refsOf(answer: Buffer, { url: subject }: GitServer): ReadonlyMap<string, string> {
  const refs = new Map<string, string>();
  let isEnded = false;
  for (const pkt of readPktLines(answer, subject)) {
    if (pkt.kind === 'flush') isEnded = true;
    if (pkt.kind !== 'line') continue;
    const line = pkt.payload.toString().trimEnd();
    if (line.startsWith('ERR '))
      throw gitError('git-protocol', { subject, message: `the server says: ${printable(pkt.payload.subarray(4))}` });
    const [id = '', name = ''] = line.split(' ');
    if (!/^[0-9a-f]{40,64}$/.test(id))
      throw gitError('git-protocol', { subject, message: 'the list of refs is not well formed' });
    refs.set(name, /peeled:([0-9a-f]+)/.exec(line)?.[1] ?? id);
  }
  // An empty body would look like a repository without branches.
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the list of refs was cut off' });
  return refs;
}

function printable(text: Buffer): string {
  return (
    text
      .toString()
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .trim()
      .slice(0, 200)
  );
}
