/**
 * What consumers need of a queue. `platforms/local` implements all of it, `platforms/aws/sqs` no `receive`,
 * because Lambda receives the messages itself. Sending is a port of `deploy` (Queue, Checks).
 */
export interface Inbox extends Visibility, Removal {
  /**
   * Receives messages of at most `groups` groups and hides them. Messages of one group arrive in the order they were sent,
   * and none while another one is hidden. Resolves as soon as there are messages, or with none after `waitSeconds`.
   */
  receive(options: ReceiveOptions, signal: AbortSignal): Promise<readonly Message[]>;
}

export interface Removal {
  /** Removes messages; a receipt that is no longer valid is ignored. @throws DeployError `queue-unreachable` */
  remove(receipts: readonly string[]): Promise<void>;
}

export interface Visibility {
  /**
   * Hides messages for `seconds` from now; 0 makes them visible at once. Resolves to the receipts that are no longer valid:
   * they timed out, so another worker may have the message. @throws DeployError `queue-unreachable`
   */
  hide(receipts: readonly string[], seconds: number, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/**
 * A queue in which a pause can be cut short without using up an attempt. SQS cannot: it counts every delivery, and delivers
 * no newer message of a group before, so that no pause there is cut short.
 */
export interface Recall {
  /** Makes hidden messages visible at once, and does not count the attempt before. @throws DeployError `queue-unreachable` */
  recall(receipts: readonly string[]): Promise<void>;
}

export interface ReceiveOptions {
  readonly groups: number;
  /**
   * Whether a group may be taken. Otherwise it stays, to be offered again. Default: every group may be. SQS does not choose, so
   * this is only for queues in this process.
   */
  readonly mayTake?: (group: string, firstBody: () => string) => boolean;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
}

/** A message as it was received. */
export interface Message {
  readonly body: string;
  /** Valid until the message is received again. */
  readonly receipt: string;
  /** In a standard queue, every message is its own group. */
  readonly group: string;
  /** How often it was received, including this time, without the attempts that were taken back by `recall`. */
  readonly tries: number;
}

export function receiptsOf(messages: readonly Message[]): readonly string[] {
  return messages.map(({ receipt }) => receipt);
}
