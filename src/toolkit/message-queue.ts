/** Work that the queue keeps until a process serves it. */
export interface QueuedWork {
  readonly kind: 'deploy' | 'check' | 'notice';
  /** ASCII, up to 256 KB. It contains no secret. */
  readonly body: string;
}

export interface QueueMessage extends QueuedWork {
  /** The messages of a group are best served one at a time. A process serves them one at a time in any case. */
  readonly group: string;
  /** Serve it after this time. Earlier is allowed: it is then given back. */
  readonly afterMs: number;
}

/** A custom queue. It serves each message at least once: until it is settled as `done` or `unreadable`. */
export interface MessageQueue {
  /** Resolves once the messages are stored. A repeated message is harmless; a lost push is found by the sweep. */
  send(messages: readonly QueueMessage[], signal: AbortSignal): Promise<void>;
}
