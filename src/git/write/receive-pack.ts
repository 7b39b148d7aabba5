import { readAdvertisement } from '../wire/advertisement.ts';
import { gitError } from '../wire/git-error.ts';
import type { ObjectFormat } from '../wire/object-format.ts';
import { FLUSH, readPktLines } from '../wire/pkt-line.ts';
import { ask, secretsOf } from '../wire/transport.ts';
import type { GitServer } from '../wire/transport.ts';
import { printable } from '../wire/answer.ts';

/** What the server says before a push. */
export interface Advertised {
  readonly refs: ReadonlyMap<string, string>;
  readonly capabilities: ReadonlySet<string>;
}

/** A ref is to move from one object to another; null: it does not exist yet. */
export interface RefUpdate {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string;
}

export interface PushReport {
  /** The refs that did not move, and why. */
  readonly refused: ReadonlyMap<string, string>;
  /** What the host and its hooks printed for the person who pushes. */
  readonly remarks: string;
}

/** Pushes over smart HTTP: https://git-scm.com/docs/gitprotocol-pack#_pushing_data_to_a_server */
export interface ReceivePack {
  readonly usage: { readonly requests: number; readonly bytes: number };
  advertised(signal: AbortSignal): Promise<Advertised>;
  push(
    what: { readonly updates: readonly RefUpdate[]; readonly pack: Buffer; readonly isAtomic: boolean },
    at: { readonly advertised: Advertised; readonly format: ObjectFormat },
    signal: AbortSignal,
  ): Promise<PushReport>;
}

export function receivePack(server: GitServer): ReceivePack {
  const usage = { requests: 0, bytes: 0 };
  const subject = server.url;

  return {
    usage,
    async advertised(signal) {
      usage.requests += 1;
      const path = 'info/refs?service=git-receive-pack';
      const response = await ask(server, { method: 'GET', path, headers: {}, body: null, mayRepeat: true }, signal);
      usage.bytes += response.length;
      const advertised = readAdvertisement(response, subject);
      if (!advertised.capabilities.has('report-status'))
        throw gitError('git-protocol', { subject, message: 'the server does not report what a push did' });
      return advertised;
    },
    async push({ updates, pack, isAtomic }, { advertised, format }, signal) {
      const { capabilities } = advertised;
      const wanted = ['report-status', 'side-band-64k', ...(isAtomic ? ['atomic'] : []), `object-format=${format}`];
      const lines = updates.map(({ ref, from, to }, index) => {
        const sent = index === 0 ? `\0 ${wanted.filter((each) => capabilities.has(each)).join(' ')}` : '';
        return pkt(`${from ?? '0'.repeat(to.length)} ${to} ${ref}${sent}`);
      });
      const body = Buffer.concat([Buffer.from(lines.join('') + FLUSH), pack]);
      const headers = {
        'content-type': 'application/x-git-receive-pack-request',
        accept: 'application/x-git-receive-pack-result',
        'content-length': String(body.length),
      };
      usage.requests += 1;
      usage.bytes += body.length;
      // Not repeated: whether it was carried out is found out by reading the refs.
      const what = { method: 'POST', path: 'git-receive-pack', headers, body, mayRepeat: false };
      const response = await ask(server, what, signal);
      usage.bytes += response.length;
      return readReport(response, { server, isMultiplexed: capabilities.has('side-band-64k') });
    },
  };
}

/** Without a line break at its end, which some servers take for a part of the last capability. */
function pkt(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}

function readReport(
  response: Buffer,
  { server, isMultiplexed }: { readonly server: GitServer; readonly isMultiplexed: boolean },
): PushReport {
  const [subject, secrets] = [server.url, secretsOf(server)];
  const report: Buffer[] = [];
  const remarks: Buffer[] = [];
  if (isMultiplexed)
    for (const each of readPktLines(response, subject)) {
      if (each.kind !== 'line') continue;
      (each.payload[0] === 1 ? report : remarks).push(each.payload.subarray(1));
    }
  else report.push(response);
  const shown = printable(Buffer.concat(remarks), secrets);
  const refused = new Map<string, string>();
  let unpacked: string | null = null;
  for (const each of readPktLines(Buffer.concat(report), subject)) {
    if (each.kind !== 'line') continue;
    const line = each.payload.toString().trimEnd();
    if (line.startsWith('unpack ')) unpacked = line.slice('unpack '.length);
    const [, ref, reason] = /^ng (\S+) ?(.*)$/.exec(line) ?? [];
    if (ref !== undefined) refused.set(ref, printable(Buffer.from(reason ?? ''), secrets));
  }
  if (unpacked === 'ok') return { refused, remarks: shown };
  const why = unpacked === null ? 'it reported nothing' : printable(Buffer.from(unpacked), secrets);
  const message = `the server did not accept the pushed objects: ${[why, shown].filter(Boolean).join('; ')}`;
  throw gitError('git-protocol', { subject, message });
}
