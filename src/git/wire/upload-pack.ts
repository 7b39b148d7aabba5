import { DeployError } from '../../error/deploy-error.ts';
import { gitError, ServerDied } from './git-error.ts';
import { inflatedUpTo, readPack } from './pack.ts';
import type { ObjectStore } from './pack.ts';
import { formatOf } from './object-format.ts';
import type { ObjectFormat } from './object-format.ts';
import { inTurns } from './turns.ts';
import { DELIMITER, FLUSH, pktLine, readPktLines } from './pkt-line.ts';
import { ask, newTraits, post, secretsOf } from './transport.ts';
import type { GitServer, ServerTraits } from './transport.ts';
import type { OlderServer } from './version-0.ts';

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

export interface TransferCount {
  requests: number;
  bytes: number;
}

/** Git commands over smart HTTP, protocol version 2 (gitprotocol-v2(5)), for one repository; of a server that is older, version 0. Counts its requests and bytes. */
export interface UploadPack {
  readonly usage: Readonly<TransferCount>;
  readonly traits: ServerTraits;
  /** False after the first refusal of this run. */
  hasFilters(): boolean;
  /** Adds the received objects to the store. @throws UnknownObject when the server does not have a wanted object. */
  fetch(what: FetchArguments, store: ObjectStore, signal: AbortSignal): Promise<void>;
  listRefs(prefixes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

export function uploadPack(server: GitServer): UploadPack {
  const usage: TransferCount = { requests: 0, bytes: 0 };
  const { limits, url: subject } = server;
  const ofRun = inflatedUpTo(limits.inflatedBytes, { subject });
  const traits = server.traits ?? newTraits();
  // An empty response may have another cause, so it is not remembered for other runs.
  let { hasFilters } = traits;
  // Ids show the repository's object format; without one, the first list of refs finds it out.
  let format: ObjectFormat = 'sha1';

  let older: Promise<OlderServer> | null = null;

  async function counted(answer: Promise<Buffer>): Promise<Buffer> {
    usage.requests += 1;
    const response = await answer;
    usage.bytes += response.length;
    return response;
  }

  const send = (lines: readonly string[], signal: AbortSignal) => counted(post(server, lines.join(''), signal));

  async function loadOlder(): Promise<OlderServer> {
    const { olderServer } = await import('./version-0.ts');
    return olderServer({
      send: (what, signal) => counted(ask(server, what, signal)),
      traits,
      shown: () => shownOf(server),
    });
  }

  /**
   * Uses the older protocol where the server speaks no other. Whether it does is found out first or, where version 2 is
   * assumed, only after a failure.
   */
  async function orOlder<T>(
    work: () => Promise<T>,
    instead: (older: OlderServer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { version } = traits.protocol;
    if (version === 0 || version === 'unknown') {
      const found = await (older ??= loadOlder());
      return (await found.isSpoken(signal)) ? instead(found) : work();
    }
    try {
      return await work();
    } catch (thrown) {
      if (version === 2 || !(thrown instanceof DeployError && thrown.code === 'git-protocol')) throw thrown;
      const found = await (older ??= loadOlder());
      if (await found.isSpoken(signal).catch(() => false)) return instead(found);
      throw thrown;
    }
  }

  /** The wanted object that the pack lacks. With a `have`, the server may omit one that is part of it. */
  async function take(pack: Buffer, what: FetchArguments, store: ObjectStore): Promise<string | undefined> {
    const inflated = what.upToBytes === undefined ? ofRun : inflatedUpTo(what.upToBytes, { subject });
    const hash = formatOf(what.wants[0] ?? '');
    await inTurns(readPack(pack, store, { hash, limits, inflated, subject }));
    return what.haves === undefined ? what.wants.find((id) => !store.has(id)) : undefined;
  }

  const lacks = (id: string) =>
    gitError('git-protocol', { subject, message: `the response lacks requested object ${id}` });

  async function fetchOnce(
    what: FetchArguments & Partial<Pick<ServerTraits, 'treeAlone'>>,
    store: ObjectStore,
    signal: AbortSignal,
  ): Promise<void> {
    const hash = formatOf(what.wants[0] ?? '');
    const filter = what.filter === 'tree:0' ? (what.treeAlone ?? traits.treeAlone) : what.filter;
    const missing = await take(
      await packOf(await send(fetchLines({ ...what, filter }, hash), signal), server),
      what,
      store,
    );
    if (missing === undefined) return;
    if (filter === 'tree:0') {
      await fetchOnce({ ...what, treeAlone: 'tree:1' }, store, signal);
      traits.treeAlone = 'tree:1';
      return;
    }
    throw lacks(missing);
  }

  async function fetchWhole(what: FetchArguments, store: ObjectStore, signal: AbortSignal): Promise<void> {
    const { filter, ...unfiltered } = what;
    if (filter !== undefined && hasFilters) {
      try {
        return await fetchOnce(what, store, signal);
      } catch (thrown) {
        if (!(thrown instanceof ServerDied)) throw thrown;
        hasFilters = false;
        if (thrown.isFilterRefused) traits.hasFilters = false;
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
    const response = await send(refsLines(prefixes, format), signal);
    if (format === 'sha256' || !isOtherFormat(response)) return refsOf(response, server);
    const again = await send(refsLines(prefixes, 'sha256'), signal);
    if (again.length === 0) return refsOf(response, server);
    format = 'sha256';
    return refsOf(again, server);
  }

  async function fetchFromOlder(
    what: FetchArguments,
    { store, found, signal }: { store: ObjectStore; found: OlderServer; signal: AbortSignal },
  ): Promise<void> {
    const missing = await take(await found.requestPack(what, signal), what, store);
    if (missing !== undefined) throw lacks(missing);
  }

  return {
    usage,
    traits,
    hasFilters: () => hasFilters && traits.protocol.version !== 0,
    fetch: (what, store, signal) =>
      orOlder(
        () => fetchWhole(what, store, signal),
        (found) => fetchFromOlder(what, { store, found, signal }),
        signal,
      ),
    listRefs: (prefixes, signal) =>
      orOlder(
        () => listRefs(prefixes, signal),
        (found) => found.listRefs(prefixes, signal),
        signal,
      ),
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
async function packOf(response: Buffer, server: GitServer): Promise<Buffer> {
  const subject = server.url;
  if (response.length === 0) throw new ServerDied('empty response');
  const parts: Buffer[] = [];
  let section: string | null = null;
  let isEnded = false;
  for (const pkt of readPktLines(response, subject)) {
    if (pkt.kind === 'flush') isEnded = true;
    else if (pkt.kind === 'delimiter') section = null;
    else if (pkt.kind === 'line' && section === 'packfile') {
      if (pkt.payload[0] === 1) parts.push(pkt.payload.subarray(1));
      if (pkt.payload[0] === 3) throw (await import('./answer.ts')).fatalError(pkt.payload, shownOf(server));
    } else if (pkt.kind === 'line') {
      await refuseError(pkt.payload, server);
      section ??= pkt.payload.toString().trimEnd();
    }
  }
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the response is truncated' });
  if (section !== 'packfile') throw gitError('git-protocol', { subject, message: 'the response contains no pack' });
  return Buffer.concat(parts);
}

function shownOf(server: GitServer) {
  return { subject: server.url, secrets: secretsOf(server) };
}

async function refuseError(payload: Buffer, server: GitServer): Promise<void> {
  if (payload.toString('latin1', 0, 4) === 'ERR ')
    throw (await import('./answer.ts')).refusalOf(payload, shownOf(server));
}

async function refsOf(response: Buffer, server: GitServer): Promise<ReadonlyMap<string, string>> {
  const subject = server.url;
  const refs = new Map<string, string>();
  let isEnded = false;
  for (const pkt of readPktLines(response, subject)) {
    if (pkt.kind === 'flush') isEnded = true;
    if (pkt.kind !== 'line') continue;
    const line = pkt.payload.toString().trimEnd();
    await refuseError(pkt.payload, server);
    const [id = '', name = ''] = line.split(' ');
    if (!/^[0-9a-f]{40,64}$/.test(id))
      throw gitError('git-protocol', { subject, message: 'the list of refs is malformed' });
    refs.set(name, /peeled:([0-9a-f]+)/.exec(line)?.[1] ?? id);
  }
  // Without this check, an empty body would look like a repository without branches.
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the list of refs is truncated' });
  return refs;
}
