import type { ChannelEvent, Severity } from '../config/written/channel-events.ts';

/** A run event for people, reduced to what a message shows. Plain JSON: it is the body of a queue message. */
export interface Notice extends NoticeText {
  /** The same when the same thing is reported again, so that a receiver can drop the second one. */
  readonly id: string;
  readonly channel: string;
  /** RFC 3339. */
  readonly at: string;
  readonly target: string;
  readonly repository: string;
  readonly delivery: string;
}

export interface NoticeText {
  readonly event: ChannelEvent | 'test';
  readonly severity: Severity;
  /** The target is as it should be: what was reported before is over. */
  readonly resolves: boolean;
  readonly revision: string | null;
  /** One line. */
  readonly text: string;
  readonly details: readonly NoticeDetail[];
  /** How many details were left out. */
  readonly more: number;
}

/** One problem, or one object that is not ready. */
export interface NoticeDetail {
  readonly subject: string;
  readonly message: string;
  /** Empty: there is none. */
  readonly remedy: string;
}

/** Queues notices, which are sent a little later, so that what happens together is one message. */
export interface Notices {
  /** Rejects with `queue-unreachable`; after it resolved, no notice is lost by a crash. */
  send(notices: readonly Notice[], signal: AbortSignal): Promise<void>;
}

/** Where a channel sends, with its secrets: none of them may be in a text. */
export interface Destination {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  /** The ARN of an SNS topic or an EventBridge bus. */
  readonly arn: string;
  readonly from: string;
  readonly to: readonly string[];
  /** The API of the repository's Git host, and the repository there; null: it has none. */
  readonly api: string | null;
  readonly fullName: string;
  /** The page of a commit on the Git host; null: it has none. */
  readonly commitUrl: (notice: Notice) => string | null;
}

/** What is sent, as data. */
export type ChannelRequest = HttpMessage | AwsMessage | MailMessage;

export interface HttpMessage {
  readonly kind: 'http';
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The request that the answer to this one leads to. Absent: this is the last one. */
  readonly next?: (answer: string) => HttpMessage | null;
}

export interface AwsMessage {
  readonly kind: 'aws';
  readonly service: 'sns' | 'events';
  readonly region: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface MailMessage {
  readonly kind: 'mail';
  /** The address of the server, with user and password. */
  readonly server: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
}

/** Remembers the last error of each channel, until it takes a message. */
export interface ChannelErrors {
  set(error: { readonly channel: string; readonly message: string; readonly remedy: string }): void;
  /** The channel works. */
  clear(channel: string): void;
}

export interface ChannelAnswer {
  readonly status: number;
  readonly text: string;
}

/** How one kind of channel renders notices. Pure. */
export interface ChannelRenderer {
  /** How many notices one message may show. */
  readonly together: number;
  /** `nowMs`: for signatures. Null: this kind does not report them. */
  readonly render: (notices: readonly Notice[], to: Destination, nowMs: number) => ChannelRequest | null;
  /** What to do about an answer with status 2xx, some of which are failures. Default: none is. */
  readonly judge?: (answer: ChannelAnswer) => 'sent' | 'again' | 'refused';
}

export function postJson(url: string, content: object, headers: Readonly<Record<string, string>> = {}): HttpMessage {
  return {
    kind: 'http',
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(content),
  };
}
