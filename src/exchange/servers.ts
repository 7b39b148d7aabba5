/**
 * What a process knows about the servers that its runs depend on. A server that does not answer holds every run that waits
 * for it, so these runs must not take the slots of the others (src/queue/slots.ts).
 */
export interface Servers {
  named(name: string): Server;
  readonly conditionOf: (name: string) => ServerCondition;
  /** How many requests each server was sent. */
  readonly counts: () => readonly { readonly server: string; readonly requests: number }[];
}

export interface Server {
  /** A request is being sent. */
  begin(): Conversation;
}

/** One request and its response. */
export interface Conversation {
  readonly received: (bytes: number) => void;
  end(how: 'answered' | 'failed' | 'interrupted'): void;
}

/**
 * - `answering`: it answered lately, and it owes no response that is late.
 * - `unproven`: it has not answered lately, or its last request failed.
 * - `silent`: it owes a response and sends nothing, or next to nothing.
 */
export type ServerCondition = 'answering' | 'unproven' | 'silent';

/** Sweeps contact every server more often. */
const PROVEN_MS = 15 * 60_000;
/** A response that takes longer costs nothing: its run only stops counting. */
const SILENT_MS = 400;
/** A server that sends less in `SILENT_MS` only pretends to answer. */
const PROGRESS_BYTES = 1024;

interface Known {
  open: number;
  requests: number;
  provenAtMs: number;
  /** When it last made progress, or began to owe a response. */
  movedAtMs: number;
  /** Received since then. */
  bytes: number;
}

export function watchServers(nowMs: () => number): Servers {
  const servers = new Map<string, Known>();

  function known(name: string): Known {
    const found = servers.get(name) ?? { open: 0, requests: 0, provenAtMs: -Infinity, movedAtMs: -Infinity, bytes: 0 };
    servers.set(name, found);
    return found;
  }

  return {
    named: (name) => ({
      begin() {
        const server = known(name);
        server.open += 1;
        server.requests += 1;
        if (server.open === 1) move(server, nowMs());
        return {
          received(bytes) {
            server.bytes += bytes;
            if (server.bytes >= PROGRESS_BYTES) move(server, nowMs());
          },
          end(how) {
            server.open -= 1;
            if (how === 'answered') {
              server.provenAtMs = nowMs();
              move(server, nowMs());
            }
            if (how === 'failed') server.provenAtMs = -Infinity;
          },
        };
      },
    }),
    counts: () => [...servers].map(([server, { requests }]) => ({ server, requests })),
    conditionOf(name) {
      const { open, provenAtMs, movedAtMs } = known(name);
      if (open > 0 && nowMs() - movedAtMs >= SILENT_MS) return 'silent';
      return nowMs() - provenAtMs < PROVEN_MS ? 'answering' : 'unproven';
    },
  };
}

function move(server: Known, nowMs: number): void {
  server.movedAtMs = nowMs;
  server.bytes = 0;
}

/** For callers that do not share slots, such as commands. */
export const UNWATCHED: Server = { begin: () => ({ received: () => undefined, end: () => undefined }) };

/** What the end of a request says about the server. */
interface WhatItSays<T> {
  /** Did the server send this? Default: yes. */
  readonly isAnswer?: (answer: T) => boolean;
  /** Does the server not answer, or did the caller stop? */
  readonly isFailure: (thrown: unknown) => boolean;
}

/** Follows one request. */
export async function followed<T>(
  server: Server,
  work: (received: Conversation['received']) => Promise<T>,
  { isAnswer = () => true, isFailure }: WhatItSays<T>,
): Promise<T> {
  const conversation = server.begin();
  try {
    const answer = await work(conversation.received);
    conversation.end(isAnswer(answer) ? 'answered' : 'interrupted');
    return answer;
  } catch (thrown) {
    conversation.end(isFailure(thrown) ? 'failed' : 'interrupted');
    throw thrown;
  }
}
