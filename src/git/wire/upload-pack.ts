import { DeployError } from '../../error/deploy-error.ts';
import type { Advertisement } from './advertisement.ts';
import { FiltersRefused, lineOf, printable, ServerDied, takeBand } from './answer.ts';
import { gitError } from './git-error.ts';
import { inflatedUpTo, readPack } from './pack.ts';
import type { ObjectStore } from './pack.ts';
import { formatOf } from './object-format.ts';
import type { ObjectFormat } from './object-format.ts';
import { inTurns } from './turns.ts';
import { DELIMITER, FLUSH, pktLine, readPktLines } from './pkt-line.ts';
import { newTraits, post } from './transport.ts';
import type { GitServer, ServerTraits } from './transport.ts';

export interface FetchArguments {
  readonly wants: readonly string[];
  /** Only trees. A commit would imply its whole history, which contains the content of a revert, so Git would omit it. */
  readonly haves?: readonly string[];
  /** Not together with `haves`, whose savings it would cancel. */
  readonly depth?: number;
  readonly filter?: 'blob:none' | 'tree:0';
  /** Fails with `git-limit` above this inflated size, without counting it for the run. */
  readonly upToBytes?: number;
}

/** Git commands over smart HTTP, protocol version 2 (gitprotocol-v2(5)), for one repository; of a server that is older, version 0. Counts its requests and bytes. */
export interface UploadPack {
  readonly usage: { readonly requests: number; readonly bytes: number };
  readonly traits: ServerTraits;
  /** False after the first refusal of this run. */
  hasFilters(): boolean;
  /** Adds the received objects to the store. @throws UnknownObject when the server does not have a wanted object. */
  fetch(what: FetchArguments, store: ObjectStore, signal: AbortSignal): Promise<void>;
  listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

export function uploadPack(server: GitServer): UploadPack {
  const usage = { requests: 0, bytes: 0 };
  const { limits, url: subject } = server;
  const ofRun = inflatedUpTo(limits.inflatedBytes, { subject });
  const traits = server.traits ?? newTraits();
  // An empty response may have another cause, so it is not remembered for other runs.
  let { hasFilters } = traits;
  // Ids show the repository's object format; without one, the first list of refs finds it out.
  let format: ObjectFormat = 'sha1';

  /** What an older server said last, until it is used. */
  let advertised: Advertisement | null = null;
  let discovery: Promise<void> | null = null;

  async function send(lines: readonly string[], signal: AbortSignal, version: 0 | 2 = 2): Promise<Buffer> {
    usage.requests += 1;
    const response = await post(server, { body: lines.join(''), version }, signal);
    usage.bytes += response.length;
    return response;
  }

  async function advertise(signal: AbortSignal): Promise<Advertisement> {
    const { advertisement } = await import('./version-0.ts');
    usage.requests += 1;
    const { bytes, ...found } = await advertisement(server, signal);
    usage.bytes += bytes;
    return found;
  }

  async function discover(signal: AbortSignal): Promise<void> {
    const found = await advertise(signal);
    traits.protocol = found.version === 2 ? { version: 2 } : { version: 0, capabilities: found.capabilities };
    if (found.version === 2) return;
    advertised = found;
    Object.assign(traits, { hasFilters: false, servesTrees: false });
  }

  /** Does the work again when the server has turned out to be an older one. */
  async function orOlder<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (traits.protocol.version === 'unknown') await (discovery ??= discover(signal));
    const { version } = traits.protocol;
    try {
      return await work();
    } catch (thrown) {
      if (version !== 'assumed' || !(thrown instanceof DeployError && thrown.code === 'git-protocol')) throw thrown;
      await (discovery ??= discover(signal)).catch(() => undefined);
      if (isOlder()) return work();
      throw thrown;
    }
  }

  const isOlder = () => traits.protocol.version === 0;

  async function requestPack(what: SentArguments, hash: ObjectFormat, signal: AbortSignal): Promise<Buffer> {
    const { protocol } = traits;
    if (protocol.version !== 0) return packOf(await send(fetchLines(what, hash), signal), server);
    const { packOfOlder, requestOf } = await import('./version-0.ts');
    return packOfOlder(await send([requestOf(what, protocol.capabilities)], signal, 0), server);
  }

  async function fetchOnce(
    what: FetchArguments & Partial<Pick<ServerTraits, 'treeAlone'>>,
    store: ObjectStore,
    signal: AbortSignal,
  ): Promise<void> {
    const hash = formatOf(what.wants[0] ?? '');
    const filter = what.filter === 'tree:0' ? (what.treeAlone ?? traits.treeAlone) : what.filter;
    const pack = await requestPack({ ...what, filter }, hash, signal);
    const inflated = what.upToBytes === undefined ? ofRun : inflatedUpTo(what.upToBytes, { subject });
    await inTurns(readPack(pack, store, { hash, limits, inflated, subject }));
    // With a `have`, the server may omit a wanted object that is part of it.
    const missing = what.haves === undefined ? what.wants.find((id) => !store.has(id)) : undefined;
    if (missing === undefined) return;
    if (filter === 'tree:0') {
      await fetchOnce({ ...what, treeAlone: 'tree:1' }, store, signal);
      traits.treeAlone = 'tree:1';
      return;
    }
    throw gitError('git-protocol', { subject, message: `the response lacks requested object ${missing}` });
  }

  async function fetchWhole(what: FetchArguments, store: ObjectStore, signal: AbortSignal): Promise<void> {
    const { filter, ...unfiltered } = what;
    if (filter !== undefined && hasFilters && !isOlder()) {
      try {
        return await fetchOnce(what, store, signal);
      } catch (thrown) {
        if (!(thrown instanceof ServerDied)) throw thrown;
        hasFilters = false;
        if (thrown instanceof FiltersRefused) traits.hasFilters = false;
      }
    }
    try {
      return await fetchOnce(unfiltered, store, signal);
    } catch (thrown) {
      if (!(thrown instanceof ServerDied)) throw thrown;
      throw gitError('git-protocol', {
        subject: server.url,
        message: `the server aborted: ${thrown.message}`,
        cause: thrown,
      });
    }
  }

  async function listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    if (isOlder()) {
      const { refsBelow } = await import('./version-0.ts');
      const known = advertised;
      advertised = null;
      return refsBelow(known ?? (await advertise(signal)), prefixes);
    }
    const response = await send(refsLines(prefixes, format), signal);
    if (format === 'sha256' || !isOtherFormat(response)) return refsOf(response, server);
    const again = await send(refsLines(prefixes, 'sha256'), signal);
    if (again.length === 0) return refsOf(response, server);
    format = 'sha256';
    return refsOf(again, server);
  }

  return {
    usage,
    traits,
    hasFilters: () => hasFilters && !isOlder(),
    fetch: (what, store, signal) => orOlder(() => fetchWhole(what, store, signal), signal),
    listRefs: (prefixes, signal) => orOlder(() => listRefs(prefixes, signal), signal),
  };
}

/** git ends without a response when a client names another object format than the repository has. */
function isOtherFormat(response: Buffer): boolean {
  return response.length === 0 || response.includes('mismatched object format');
}

function refsLines(prefixes: readonly string[], format: ObjectFormat): readonly string[] {
  return [
    pktLine('command=ls-refs'),
    pktLine(`object-format=${format}`),
    DELIMITER,
    pktLine('peel'),
    ...prefixes.map((ref) => pktLine(`ref-prefix ${ref}`)),
    FLUSH,
  ];
}

interface SentArguments extends Omit<FetchArguments, 'filter'> {
  readonly filter: FetchArguments['filter'] | 'tree:1';
}

function fetchLines({ wants, haves = [], depth, filter }: SentArguments, hash: string): readonly string[] {
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

/** Extracts the pack from a response: band 1 of its `packfile` section (2 is progress, 3 a fatal error). */
function packOf(response: Buffer, server: GitServer): Buffer {
  const subject = server.url;
  if (response.length === 0) throw new ServerDied('empty response');
  const parts: Buffer[] = [];
  let section: string | null = null;
  let isEnded = false;
  for (const pkt of readPktLines(response, subject)) {
    if (pkt.kind === 'flush') isEnded = true;
    else if (pkt.kind === 'delimiter') section = null;
    else if (pkt.kind === 'line' && section === 'packfile') takeBand(pkt.payload, parts, server);
    else if (pkt.kind === 'line') section ??= lineOf(pkt.payload, server);
  }
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the response is truncated' });
  if (section !== 'packfile') throw gitError('git-protocol', { subject, message: 'the response contains no pack' });
  return Buffer.concat(parts);
}

function refsOf(response: Buffer, server: GitServer): ReadonlyMap<string, string> {
  const subject = server.url;
  const refs = new Map<string, string>();
  let isEnded = false;
  for (const pkt of readPktLines(response, subject)) {
    if (pkt.kind === 'flush') isEnded = true;
    if (pkt.kind !== 'line') continue;
    const line = pkt.payload.toString().trimEnd();
    if (line.startsWith('ERR '))
      throw gitError('git-protocol', {
        subject,
        message: `the server responded: ${printable(pkt.payload.subarray(4), server)}`,
      });
    const [id = '', name = ''] = line.split(' ');
    if (!/^[0-9a-f]{40,64}$/.test(id))
      throw gitError('git-protocol', { subject, message: 'the list of refs is malformed' });
    refs.set(name, /peeled:([0-9a-f]+)/.exec(line)?.[1] ?? id);
  }
  // Without this check, an empty body would look like a repository without branches.
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the list of refs is truncated' });
  return refs;
}
