/**
 * What the workers of this room need of a queue. A platform implements it: `platforms/local` all of it; `platforms/aws/sqs`
 * only `Visibility`, because Lambda receives and removes for its functions. Sending is a port of `deploy` (Queue, Checks).
 */
export interface Inbox extends Visibility {
  /**
   * Hands out messages of at most `groups` groups and hides them. Messages of one group come in the order they were sent,
   * and none of them while another one is hidden. Resolves as soon as there are any, with none after `waitSeconds`.
   */
  receive(options: ReceiveOptions, signal: AbortSignal): Promise<readonly Message[]>;
  /** Removes messages; a receipt that is no longer valid is ignored. @throws DeployError `queue-unreachable` */
  remove(receipts: readonly string[]): Promise<void>;
}

export interface Visibility {
  /**
   * Hides messages for so many seconds from now; 0 makes them visible at once. Resolves to the receipts that are no longer
   * valid: their time was over, so another worker may have the message. @throws DeployError `queue-unreachable`
   */
  hide(receipts: readonly string[], seconds: number, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

export interface ReceiveOptions {
  readonly groups: number;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
}

/** A message as it was handed out. */
export interface Message {
  readonly body: string;
  /** Valid until the message is handed out again. */
  readonly receipt: string;
  /** In a standard queue every message is a group by itself. */
  readonly group: string;
  /** How often it was handed out, this time included. */
  readonly tries: number;
}
