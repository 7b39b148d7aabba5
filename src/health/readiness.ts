/** Whether an object does its job. Reasons are for people, and short. */
export type Health =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progressing'; readonly reason: string }
  /** It will not become ready by itself, or not in a useful time. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'terminating'; readonly reason: string };

/** What the health of an object depends on besides the object itself. */
export interface HealthContext {
  readonly nowMs: number;
  /** Whether an unbound claim is waiting for its first consumer, as its storage class allows. */
  readonly waitsForConsumer: boolean;
}

export const READY: Health = { kind: 'ready' };

export function progressing(reason: string): Health {
  return { kind: 'progressing', reason };
}
