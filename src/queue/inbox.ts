import type { DeployRequest } from '../deploy/ports/request.ts';

/** What a consumer needs of a queue. */
export interface Inbox<Request = DeployRequest> {
  receive(
    options: { visibilitySeconds: number; waitSeconds: number },
    signal: AbortSignal,
  ): Promise<readonly Received<Request>[]>;
  /** Hides a message for so long from now: a second at least, because fauxqs 2.4.1 loses a message that is given back with 0. */
  hide(receipt: string, seconds: number): Promise<void>;
  remove(receipt: string): Promise<void>;
  close(): void;
}

/** A message as it was received; `request` is null when it is none of ours. */
export interface Received<Request = DeployRequest> {
  readonly request: Request | null;
  readonly body: string;
  readonly receipt: string;
  /** Of a standard queue: the message's own id, because each of its messages is alone. */
  readonly group: string;
  /** How often it was handed out, this time included. */
  readonly tries: number;
}
