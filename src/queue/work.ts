import { asDeployError } from '../error/deploy-error.ts';
import type { Log } from '../deploy/ports/log.ts';
import type { Heartbeat } from './heartbeat.ts';
import { receiptsOf } from './inbox.ts';
import type { Message } from './inbox.ts';

/** How the messages of one queue are read and handled. */
export interface Work<T extends Addressed> {
  /** Null: the body is not a request of this queue. */
  readonly read: (body: string) => T | null;
  /** Handles the requests of one group that arrived together, each with how often it was received. */
  readonly handler: (requests: readonly Received<T>[], signal: AbortSignal) => Promise<Handled>;
  /** Stores an unreadable message before it is removed. Null: it is given back until the queue moves it to its dead letters. */
  readonly keepUnreadable: ((body: string) => Promise<void>) | null;
}

type Received<T> = T & { readonly tries: number };

interface Addressed {
  readonly target: string;
}

/** `afterMs` null: exponential backoff. */
export type Handled = { readonly kind: 'done' } | { readonly kind: 'retry'; readonly afterMs: number | null };

export interface WorkOptions<T extends Addressed> extends Work<T> {
  readonly log: Log;
  /** 0 ≤ random < 1; jitter for retries. */
  readonly random: () => number;
  /** `atOnceSeconds` after an interruption or for an unreadable message; `longestSeconds` limits every other pause. */
  readonly pauses: { readonly atOnceSeconds: number; readonly longestSeconds: number };
}

/** The messages of a group after they were handled: done, or to be retried after a pause. */
export interface Settled<M extends Message> {
  readonly done: readonly M[];
  readonly givenBack: readonly { readonly messages: readonly M[]; readonly pauseSeconds: number }[];
}

/** Handles the messages of one group in one run. A handler that fails does not reject it. */
export async function workOnGroup<T extends Addressed, M extends Message>(
  messages: readonly M[],
  options: WorkOptions<T>,
  at: { readonly heartbeat: Pick<Heartbeat, 'lost'>; readonly signal: AbortSignal },
): Promise<Settled<M>> {
  const unreadable: M[] = [];
  const readable: { message: M; request: Received<T> }[] = [];
  for (const message of messages) {
    const request = options.read(message.body);
    if (request === null) unreadable.push(message);
    else readable.push({ message, request: { ...request, tries: message.tries } });
  }
  const parts = [await settleUnreadable(unreadable, options), await settleReadable(readable, options, at)];
  return { done: parts.flatMap(({ done }) => done), givenBack: parts.flatMap(({ givenBack }) => givenBack) };
}

/** Other requests do not wait for an unreadable message: every run deploys the tip, so their order does not matter. */
async function settleUnreadable<T extends Addressed, M extends Message>(
  messages: readonly M[],
  { log, keepUnreadable, pauses }: WorkOptions<T>,
): Promise<Settled<M>> {
  for (const { body } of messages) log({ level: 'error', message: 'not-a-request', length: body.length });
  if (keepUnreadable === null) return allGivenBack(messages, pauses.atOnceSeconds);
  for (const { body } of messages) await keepUnreadable(body);
  return { done: messages, givenBack: [] };
}

async function settleReadable<T extends Addressed, M extends Message>(
  readable: readonly { readonly message: M; readonly request: Received<T> }[],
  options: WorkOptions<T>,
  { heartbeat, signal }: { readonly heartbeat: Pick<Heartbeat, 'lost'>; readonly signal: AbortSignal },
): Promise<Settled<M>> {
  if (readable.length === 0) return { done: [], givenBack: [] };
  const messages = readable.map(({ message }) => message);
  const requests = readable.map(({ request }) => request);
  const lost = heartbeat.lost(receiptsOf(messages));
  const result = await handle(requests, options, { stopped: signal, lost });
  if (result === 'interrupted') return allGivenBack(messages, options.pauses.atOnceSeconds);
  return result.kind === 'done'
    ? { done: messages, givenBack: [] }
    : allGivenBack(messages, pauseOf(result, messages, options));
}

function allGivenBack<M extends Message>(messages: readonly M[], pauseSeconds: number): Settled<M> {
  return { done: [], givenBack: messages.length === 0 ? [] : [{ messages, pauseSeconds }] };
}

/** `interrupted`: this process or invocation is ending; the next one resumes at once. */
async function handle<T extends Addressed>(
  requests: readonly Received<T>[],
  { handler, log }: WorkOptions<T>,
  { stopped, lost }: { readonly stopped: AbortSignal; readonly lost: AbortSignal },
): Promise<Handled | 'interrupted'> {
  if (stopped.aborted) return 'interrupted';
  try {
    const handled = await handler(requests, AbortSignal.any([stopped, lost]));
    return handled.kind === 'retry' && stopped.aborted ? 'interrupted' : handled;
  } catch (thrown) {
    if (stopped.aborted) return 'interrupted';
    const errors = [asDeployError(thrown).problem];
    log({ level: 'error', message: 'handler-failed', target: requests[0]?.target, errors });
    return { kind: 'retry', afterMs: null };
  }
}

const LONGEST_BACK_OFF_SECONDS = 15 * 60;

/** At least a second: a server's `Retry-After: 0` would use up all retries at once. */
function pauseOf<T extends Addressed>(
  { afterMs }: Extract<Handled, { kind: 'retry' }>,
  messages: readonly Message[],
  { random, pauses }: WorkOptions<T>,
): number {
  const tries = Math.max(...messages.map((message) => message.tries));
  const seconds = afterMs === null ? backOffSeconds(tries, random()) : Math.ceil(afterMs / 1000);
  return Math.min(Math.max(seconds, 1), pauses.longestSeconds);
}

/** 1, 2, 4 … seconds, at most 15 minutes, minus up to a quarter of jitter. */
export function backOffSeconds(tries: number, random: number): number {
  const seconds = Math.min(2 ** Math.min(tries - 1, 20), LONGEST_BACK_OFF_SECONDS);
  return Math.max(1, Math.round(seconds * (1 - random / 4)));
}
