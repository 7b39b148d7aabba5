import { asDeployError } from '../error/deploy-error.ts';
import type { Log } from '../deploy/ports/log.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Message } from './inbox.ts';

/** What the messages of one queue mean, and what is done with them. */
export interface Work<T extends Addressed> {
  /** Null: the body is not a request of this queue. */
  readonly read: (body: string) => T | null;
  /** Handles the requests of one group that arrived together. */
  readonly handler: (requests: readonly T[], signal: AbortSignal) => Promise<Handled>;
  /** Keeps what cannot be read before it is removed. Null: it is given back until the queue moves it to its dead letters. */
  readonly keepUnreadable: ((body: string) => Promise<void>) | null;
}

interface Addressed {
  readonly target: string;
}

/** `afterMs` null: after a pause that grows with every try. */
export type Handled = { readonly kind: 'done' } | { readonly kind: 'retry'; readonly afterMs: number | null };

export interface WorkOptions<T extends Addressed> extends Work<T> {
  readonly log: Log;
  /** 0 ≤ random < 1, so that retries of many targets spread. */
  readonly random: () => number;
  /** The pause of what was interrupted or cannot be read, and the longest before any other try. */
  readonly pauses: { readonly atOnceSeconds: number; readonly longestSeconds: number };
}

/** What is to be done with the messages of a group after they were worked on. */
export interface Settled<M extends Message> {
  readonly done: readonly M[];
  readonly givenBack: readonly { readonly messages: readonly M[]; readonly pauseSeconds: number }[];
}

/** Works on messages of one group: one run for all of them. Never rejects because a handler failed. */
export async function workOnGroup<T extends Addressed, M extends Message>(
  messages: readonly M[],
  options: WorkOptions<T>,
  at: { readonly heartbeat: Heartbeat; readonly signal: AbortSignal },
): Promise<Settled<M>> {
  const read = messages.map((message) => ({ message, request: options.read(message.body) }));
  const unreadable = await settleUnreadable(
    read.flatMap(({ message, request }) => (request === null ? [message] : [])),
    options,
  );
  const readable = read.flatMap(({ message, request }) => (request === null ? [] : [{ message, request }]));
  if (readable.length === 0) return unreadable;
  const all = readable.map(({ message }) => message);
  const lost = at.heartbeat.lost(all.map(({ receipt }) => receipt));
  const requests = readable.map(({ request }) => request);
  const result = await handle(requests, options, { stopped: at.signal, lost });
  const { done, givenBack } = unreadable;
  if (result === 'interrupted')
    return { done, givenBack: [...givenBack, { messages: all, pauseSeconds: options.pauses.atOnceSeconds }] };
  if (result.kind === 'done') return { done: [...done, ...all], givenBack };
  return { done, givenBack: [...givenBack, { messages: all, pauseSeconds: pauseOf(result, all, options) }] };
}

/** Requests beside it do not wait for what cannot be read: every run deploys the tip, so order means nothing between them. */
async function settleUnreadable<T extends Addressed, M extends Message>(
  messages: readonly M[],
  { log, keepUnreadable, pauses }: WorkOptions<T>,
): Promise<Settled<M>> {
  for (const { body } of messages) log({ level: 'error', message: 'not-a-request', length: body.length });
  if (messages.length === 0) return { done: [], givenBack: [] };
  if (keepUnreadable === null) return { done: [], givenBack: [{ messages, pauseSeconds: pauses.atOnceSeconds }] };
  for (const { body } of messages) await keepUnreadable(body);
  return { done: messages, givenBack: [] };
}

/** `interrupted`: this process or invocation is about to end, and the next one resumes at once. */
async function handle<T extends Addressed>(
  requests: readonly T[],
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

/** A second at least, whatever a server wishes: with `Retry-After: 0` all tries would be over at once. */
function pauseOf<T extends Addressed>(
  { afterMs }: Extract<Handled, { kind: 'retry' }>,
  messages: readonly Message[],
  { random, pauses }: WorkOptions<T>,
): number {
  const tries = Math.max(...messages.map((message) => message.tries));
  const seconds = afterMs === null ? backOffSeconds(tries, random()) : Math.ceil(afterMs / 1000);
  return Math.min(Math.max(seconds, 1), pauses.longestSeconds);
}

/** 1, 2, 4 … seconds, at most 15 minutes, and up to a quarter less. */
export function backOffSeconds(tries: number, random: number): number {
  const seconds = Math.min(2 ** Math.min(tries - 1, 20), LONGEST_BACK_OFF_SECONDS);
  return Math.max(1, Math.round(seconds * (1 - random / 4)));
}
