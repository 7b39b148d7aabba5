import { DeployError } from '../../../error/deploy-error.ts';
import { exchange, openAgents } from '../../../exchange/exchange.ts';
import { retry } from '../../../exchange/retry.ts';
import type { RetryPolicy } from '../../../exchange/retry.ts';
import type { CredentialSource } from './credentials.ts';
import { endpointOf } from './endpoint.ts';
import type { AwsService } from './endpoint.ts';
import { signedHeaders } from './signature.ts';

/** One call of an AWS service: a POST to `/`, except of Lambda. */
export interface AwsCall {
  readonly method?: 'GET' | 'POST';
  /** Of characters that need no encoding. */
  readonly path?: string;
  readonly deadlineMs?: number;
  readonly service: AwsService;
  readonly region: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly text: string;
}

/** Signs and sends requests, and retries throttled and failed ones. Callers handle the error responses of a service. */
export interface Aws {
  call(call: AwsCall, signal: AbortSignal): Promise<AwsAnswer>;
  close(): void;
}

export interface AwsOptions {
  readonly credentials: CredentialSource;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 ≤ random < 1; jitter for retries, so that hundreds of calls that failed together are not repeated together. */
  readonly random?: () => number;
}

/** A webhook has nine seconds in all. */
const ANSWER_MS = 2_500;
const BODY_LIMIT_BYTES = 1024 * 1024;
/** To one service. A small share of a processor cannot open hundreds within their deadlines. */
const CONNECTIONS = 20;

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const RETRIES: RetryPolicy<AwsAnswer> = {
  pausesMs: [100, 300],
  verdictOn(outcome) {
    const isFinal = outcome.kind === 'failed' ? outcome.cause instanceof DeployError : !isPassing(outcome.answer);
    return isFinal ? 'final' : 'again';
  },
};

function isPassing({ status, text }: AwsAnswer): boolean {
  return (
    status >= 500 || status === 429 || (status === 400 && /Throttl|TooManyRequests|RequestLimitExceeded/.test(text))
  );
}

export function openAws({ credentials, env, nowMs, wait, random = Math.random }: AwsOptions): Aws {
  const agents = openAgents({ connections: CONNECTIONS });
  const jittered = (ms: number, signal: AbortSignal) => wait(ms * (1 + random()), signal);
  const options = { agents, ca: null, bodyLimitBytes: BODY_LIMIT_BYTES };

  async function send(call: AwsCall, signal: AbortSignal): Promise<AwsAnswer> {
    const { service, region, headers, body, method = 'POST', path = '/', deadlineMs = ANSWER_MS } = call;
    const url = new URL(path, endpointOf(service, region, env));
    const signing = { service, region, credentials: await credentials(), nowMs: nowMs() };
    const signed = signedHeaders({ method, path, headers: { host: url.host, ...headers }, body }, signing);
    const answer = await exchange({ method, url, headers: signed, body }, { ...options, deadlineMs }, signal);
    return { status: answer.status, text: answer.body.toString() };
  }

  return {
    call: (call, signal) =>
      retry(() => send(call, signal), RETRIES, { wait: jittered, signal }).catch(async (thrown: unknown) => {
        if (thrown instanceof DeployError) throw thrown;
        const { interrupted, unreachable } = await import('./call-error.ts');
        throw signal.aborted ? interrupted(call, thrown) : unreachable(call, thrown);
      }),
    close: () => agents.close(),
  };
}
