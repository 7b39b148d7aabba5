import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../deploy/ports/log.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { problemPage } from '../../page/message.ts';
import { isSameSecret } from '../../signing/hmac.ts';
import { readForm } from './guard.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface PageAnswer {
  readonly status: number;
  readonly text: string;
  /** Default: HTML. */
  readonly type?: string;
}

export function send(
  { request, response }: Exchange,
  { status, text, type = 'text/html; charset=utf-8' }: PageAnswer,
): void {
  // A body that was not read: the connection cannot be used again.
  const ends = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...ends });
  response.end(request.method === 'HEAD' ? undefined : text);
}

/** What cannot be read is shown as it would be in a terminal. */
export function fail(response: ServerResponse, thrown: unknown, log: Log): void {
  const { problem } = asDeployError(thrown);
  log({ level: 'warn', message: 'page-failed', errors: [problem] });
  if (response.headersSent) return void response.destroy();
  response.writeHead(502, { 'content-type': 'text/html; charset=utf-8' });
  response.end(problemPage(problem, null));
}

/** The fields of a form that this session was shown. Null: it was not, and an error was sent. */
export async function readOwnForm(exchange: Exchange, formToken: string | null): Promise<URLSearchParams | null> {
  const form = await readForm(exchange.request);
  if (form === null) {
    send(exchange, { status: 400, type: 'text/plain', text: 'not a form of this page\n' });
    return null;
  }
  if (isSameSecret(form.get('form') ?? '', formToken ?? '')) return form;
  send(exchange, { status: 403, type: 'text/plain', text: 'the form is no longer valid: load the page again\n' });
  return null;
}
