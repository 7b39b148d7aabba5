/** Does an object do its job? Reasons are for people, and short. */
export type Health =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progressing'; readonly reason: string }
  /** It does not get there by itself, or not in any useful time. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'terminating'; readonly reason: string };

/** What lies outside an object and decides about it. */
export interface HealthContext {
  readonly nowMs: number;
  /** Of a claim that is not bound: its class lets it wait for a pod, so nothing is wrong with it. */
  readonly waitsForConsumer: boolean;
}

export const READY: Health = { kind: 'ready' };

export function progressing(reason: string): Health {
  return { kind: 'progressing', reason };
}
