import type { Answer } from './reception.ts';

/** What happens with a delivery. */
export interface DeliveryDecision {
  readonly answer: Answer;
  /** The queued ones. */
  readonly targets: readonly string[];
  /** For the log, not for the sender. */
  readonly problem?: Readonly<Record<string, unknown>>;
}

export function error(status: number, text: string): Answer {
  return { status, body: { error: text } };
}

export function ignored(reason: string): Answer {
  return { status: 200, body: { ignored: reason } };
}

export function withoutTargets(answer: Answer): DeliveryDecision {
  return { answer, targets: [] };
}
