import type { IncomingHttpHeaders } from 'node:http';
import { exchange } from '../../exchange/exchange.ts';
import { followed, UNWATCHED } from '../../exchange/servers.ts';
import type { Server } from '../../exchange/servers.ts';
import type { HostRequest } from '../../githost/port/host-api.ts';

export interface HostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Received, without headers. */
  readonly bytes: number;
}

export interface HostExchange {
  /** Notes whether it answers. Default: it is not noted. */
  readonly watched?: Server;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly deadlineMs: number;
  /** Of a response. Default: 1 MiB, enough for anything but a list of what people wrote. */
  readonly bodyLimitBytes?: number;
}

const BODY_LIMIT_BYTES = 1024 * 1024;

/** Sends one request to a Git host's REST API. @throws ExchangeError */
export async function sendToHost(
  { url, ...request }: HostRequest,
  { ca, deadlineMs, bodyLimitBytes = BODY_LIMIT_BYTES, watched = UNWATCHED }: HostExchange,
  signal: AbortSignal,
): Promise<HostAnswer> {
  const options = { ca, deadlineMs, bodyLimitBytes };
  const send = () => exchange({ ...request, url: new URL(url) }, options, signal);
  const isFailure = () => !signal.aborted;
  const { status, headers, body } = await followed(watched, send, { isFailure });
  return { status, headers, text: body.toString(), bytes: body.length };
}
