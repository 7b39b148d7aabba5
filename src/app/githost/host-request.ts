import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HostRequest } from '../../githost/port/git-host.ts';

export interface HostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HostExchange {
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly deadlineMs: number;
}

/** An answer is a few KB; more than this is not read. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;

/** One request to a Git host's REST API. Redirects are not followed: that would hand the credentials to whoever they name. */
export function sendToHost(
  request: HostRequest,
  { ca, deadlineMs }: HostExchange,
  signal: AbortSignal,
): Promise<HostAnswer> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const either = AbortSignal.any([signal, deadline]);
  return new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(url, {
      method: request.method,
      headers: request.headers,
      signal: either,
      ...(ca === null ? {} : { ca }),
    });
    sent.on('error', (cause) => reject(deadline.aborted ? new Error(`no answer within ${deadlineMs} ms`) : cause));
    sent.on('response', (response) => {
      readText(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    sent.end(request.body ?? undefined);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_LIMIT_BYTES) throw new Error('its answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
