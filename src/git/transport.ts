import { request as httpRequest } from 'node:http';
import type { Agent as HttpAgent, ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Agent as HttpsAgent } from 'node:https';
import { DeployError } from '../error/deploy-error.ts';
import { gitError } from './git-error.ts';
import type { GitLimits } from './limits.ts';

/** Kept connections, made by the caller so that they outlive a run. */
export interface GitAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export interface GitServer {
  /** Without user or password. */
  readonly url: string;
  /** Travels as Basic authentication of the user `x-access-token`, in no text. */
  readonly token: string | null;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly userAgent: string;
  readonly agents: GitAgents;
  readonly limits: GitLimits;
}

/** One POST to git-upload-pack. The answer is read whole, up to the limit. */
export async function post(server: GitServer, body: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await exchange(server, body, signal);
  } catch (thrown) {
    // A kept connection that the server had closed meanwhile says so only now; a fetch may be asked twice.
    if (thrown instanceof StaleConnection) return exchange(server, body, signal);
    throw thrown;
  }
}

class StaleConnection extends Error {}

function exchange(server: GitServer, body: string, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const url = new URL(`${server.url.replace(/\/$/, '')}/git-upload-pack`);
    const isTls = url.protocol === 'https:';
    const options = {
      method: 'POST',
      headers: headersOf(server, body),
      ...(server.ca === null ? {} : { ca: server.ca }),
    };
    const request = isTls
      ? httpsRequest(url, { ...options, agent: server.agents.https })
      : httpRequest(url, { ...options, agent: server.agents.http });
    const timer = setTimeout(
      () => request.destroy(new Error(`no end of the answer within ${server.limits.requestMs / 1000} s`)),
      server.limits.requestMs,
    );
    const onAbort = () => request.destroy(new Error('interrupted'));
    signal.addEventListener('abort', onAbort, { once: true });
    request.setTimeout(server.limits.silenceMs, () =>
      request.destroy(new Error(`no byte within ${server.limits.silenceMs / 1000} s`)),
    );
    request.on('error', (cause) => reject(failureOf(cause, { server, request, signal })));
    request.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
    request.on('response', (response) => {
      readAnswer(response, server).then(resolve, (thrown: unknown) => {
        request.destroy();
        reject(thrown instanceof DeployError ? thrown : failureOf(thrown, { server, request, signal }));
      });
    });
    request.end(body);
  });
}

function headersOf({ token, userAgent }: GitServer, body: string): Record<string, string | number> {
  return {
    'content-type': 'application/x-git-upload-pack-request',
    accept: 'application/x-git-upload-pack-result',
    'content-length': Buffer.byteLength(body),
    'git-protocol': 'version=2',
    'user-agent': userAgent,
    ...(token === null ? {} : { authorization: `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}` }),
  };
}

function failureOf(
  cause: unknown,
  { server, request, signal }: { server: GitServer; request: ClientRequest; signal: AbortSignal },
): Error {
  if (signal.aborted) {
    return new DeployError('interrupted', {
      subject: server.url,
      message: 'reading Git was interrupted',
      remedy: 'Nothing to do: the next run reads it again.',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (request.reusedSocket && (cause as { code?: string }).code === 'ECONNRESET') return new StaleConnection(reason);
  return gitError('git-unreachable', {
    subject: server.url,
    message: `the Git host does not answer: ${reason}`,
    cause,
  });
}

async function readAnswer(response: IncomingMessage, server: GitServer): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > server.limits.responseBytes) {
      throw gitError('git-limit', {
        subject: server.url,
        message: `the answer is larger than ${server.limits.responseBytes} bytes`,
      });
    }
    parts.push(part);
  }
  refuseStatus(response, server.url);
  return Buffer.concat(parts);
}

function refuseStatus({ statusCode = 0, headers }: IncomingMessage, subject: string): void {
  if (statusCode === 200) return;
  if (statusCode >= 300 && statusCode < 400) {
    // Following it would hand the credentials to whoever it names.
    throw new DeployError('git-unauthorized', {
      subject,
      message: `the Git host redirects (${statusCode}), and redirects are refused`,
      remedy: 'Put the address that the repository has now into url in headgate.yml.',
    });
  }
  if ([401, 403, 404].includes(statusCode))
    throw gitError('git-unauthorized', { subject, message: `the Git host refuses (${statusCode})` });
  if (statusCode === 429 || statusCode >= 500) {
    const seconds = Number(headers['retry-after']);
    throw gitError('git-unreachable', {
      subject,
      message: `the Git host fails (${statusCode})`,
      ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    });
  }
  throw gitError('git-protocol', { subject, message: `the Git host answers with status ${statusCode}` });
}
