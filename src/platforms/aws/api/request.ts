import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { DeployError } from '../../../error/deploy-error.ts';
import type { CredentialSource } from './credentials.ts';
import { endpointOf } from './endpoint.ts';
import type { AwsService } from './endpoint.ts';
import { signedHeaders } from './signature.ts';

/** One call of an AWS service: all that are used are a POST to `/`. */
export interface AwsCall {
  readonly service: AwsService;
  readonly region: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly text: string;
}

/** Signs and sends; what was throttled or not answered is sent again. Errors that the service answers are the caller's. */
export interface Aws {
  call(call: AwsCall, signal: AbortSignal): Promise<AwsAnswer>;
  close(): void;
}

export interface AwsOptions {
  readonly credentials: CredentialSource;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const TRIES = 3;
const PAUSE_MS = 100;
/** A webhook has nine seconds for all that it does. */
const ANSWER_MS = 2_500;
const ANSWER_LIMIT_BYTES = 1024 * 1024;

export function openAws({ credentials, env, nowMs, wait }: AwsOptions): Aws {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  async function once({ service, region, headers, body }: AwsCall, signal: AbortSignal): Promise<AwsAnswer> {
    const url = endpointOf(service, region, env);
    const signing = { service, region, credentials: await credentials(), nowMs: nowMs() };
    const signed = signedHeaders({ method: 'POST', headers: { host: url.host, ...headers }, body }, signing);
    return exchange({ url, headers: signed, body, agents }, signal);
  }

  return {
    async call(call, signal) {
      for (let tries = 1; ; tries += 1) {
        try {
          const answer = await once(call, signal);
          if (tries === TRIES || !isPassing(answer)) return answer;
        } catch (thrown) {
          if (thrown instanceof DeployError) throw thrown;
          if (signal.aborted) throw interrupted(call.service, thrown);
          if (tries === TRIES) throw unreachable(call, thrown);
        }
        await wait(PAUSE_MS * 3 ** (tries - 1), signal).catch((thrown: unknown) => {
          throw interrupted(call.service, thrown);
        });
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
function isPassing({ status, text }: AwsAnswer): boolean {
  return (
    status >= 500 || status === 429 || (status === 400 && /Throttl|TooManyRequests|RequestLimitExceeded/.test(text))
  );
}

interface Sending {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
}

function exchange({ url, headers, body, agents }: Sending, signal: AbortSignal): Promise<AwsAnswer> {
  const timeout = AbortSignal.timeout(ANSWER_MS);
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.any([signal, timeout]),
    };
    const sent =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: agents.https })
        : httpRequest(url, { ...options, agent: agents.http });
    sent.on('error', (cause) => reject(timeout.aborted ? new Error(`no answer within ${ANSWER_MS} ms`) : cause));
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > ANSWER_LIMIT_BYTES) response.destroy(new Error('its answer is too long'));
        else parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    sent.end(body);
  });
}

function unreachable({ service, region }: AwsCall, cause: unknown): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `${service} in ${region}`,
    message: `AWS does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: 'It is tried again; in a VPC without a way out it needs an interface endpoint.',
    cause,
  });
}

function interrupted(service: string, cause: unknown): DeployError {
  return new DeployError('interrupted', {
    subject: service,
    message: 'asking AWS was interrupted',
    remedy: 'Nothing to do: the next run asks again.',
    cause,
  });
}
