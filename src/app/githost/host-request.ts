import type { IncomingHttpHeaders } from 'node:http';
import { exchange } from '../../exchange/exchange.ts';
import type { HostRequest } from '../../githost/port/host-api.ts';

export interface HostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Received, without headers. */
  readonly bytes: number;
}

export interface HostExchange {
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly deadlineMs: number;
}

/** A response is a few KB; above this limit it is refused. */
const BODY_LIMIT_BYTES = 1024 * 1024;

/** Sends one request to a Git host's REST API. @throws ExchangeError */
export async function sendToHost(
  { url, ...request }: HostRequest,
  { ca, deadlineMs }: HostExchange,
  signal: AbortSignal,
): Promise<HostAnswer> {
  const options = { ca, deadlineMs, bodyLimitBytes: BODY_LIMIT_BYTES };
  const { status, headers, body } = await exchange({ ...request, url: new URL(url) }, options, signal);
  return { status, headers, text: body.toString(), bytes: body.length };
}
