/** A request before its body is read. */
export interface RequestHead {
  readonly method: string;
  /** As sent, with the query. */
  readonly path: string;
  /** Lowercase names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface WebhookRequest extends RequestHead {
  /** `too-many`: together with the bodies that are being read, it is more than the process holds. */
  readonly body: Uint8Array | 'too-large' | 'too-many';
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}
