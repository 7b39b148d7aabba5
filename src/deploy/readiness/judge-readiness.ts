import type { Target } from '../../config/checked/config.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { NotReady } from '../../state/readiness.ts';
import type { SeenHealth } from '../ports/readiness.ts';

/** What the target's state says about a check. */
export type CheckScope =
  | { readonly kind: 'ours' }
  /** The run that asked has not closed yet. */
  | { readonly kind: 'open' }
  /** `isAwaited`: nobody else looks at what this run wrote. */
  | { readonly kind: 'overtaken'; readonly by: string | null; readonly isAwaited: boolean };

export function checkScopeOf(state: TargetState, { revision, sinceMs }: CheckRequest, nowMs: number): CheckScope {
  const { awaited, waiting } = state.progress;
  const { attempted, verdict } = state.outcome;
  const { lease } = state.run;
  const isAwaited = awaited?.revision === revision && awaited.sinceMs === sinceMs;
  // The first write of a run names what it awaits; only its last one names what it applied.
  const isWorking = lease !== null && lease.untilMs > nowMs;
  if (isWorking && attempted === revision) return { kind: 'open' };
  const half = verdict === 'partial' && attempted !== revision ? attempted : null;
  const by = half ?? waiting?.revision ?? state.applied.source?.revision ?? null;
  if (by === revision && isAwaited) return { kind: 'ours' };
  return { kind: 'overtaken', by: by === revision ? null : by, isAwaited };
}

export interface Findings {
  /** Not ready, and not about to be by themselves. */
  readonly isStuck: boolean;
  readonly left: readonly AwaitedObject[];
  readonly notReady: readonly NotReady[];
}

export function findingsOf(objects: readonly AwaitedObject[], healths: readonly SeenHealth[]): Findings {
  const seen = objects.map((object, index) => ({ object, health: healths[index] ?? UNSEEN }));
  const missing = seen.flatMap(({ object, health }) => (health.kind === 'ready' ? [] : [{ object, health }]));
  // What is stuck is named first: the rest may only wait for it.
  const ordered = missing.toSorted((a, b) => Number(b.health.kind === 'failed') - Number(a.health.kind === 'failed'));
  return {
    isStuck: missing.some(({ health }) => health.kind === 'failed'),
    left: missing.map(({ object }) => object),
    notReady: ordered.map(({ object: { id }, health: { reason } }) => ({
      kind: id.kind,
      namespace: id.namespace,
      name: id.name,
      reason,
    })),
  };
}

const UNSEEN: SeenHealth = { kind: 'unknown', reason: 'nothing is known of it' };

/** How many times a check is handed on: AWS stops what looks like a loop at about sixteen (facts of Lambda's recursion guard). */
export const MAX_ATTEMPTS = 12;

const EAGER_HOPS = 4;
const LONGEST_DELAY_MS = 900_000;

/** Watching without a break at first; then what is left of the time is shared among the hops that are left. */
export function delayBefore(hop: number, { leftMs, attemptMs }: { leftMs: number; attemptMs: number }): number {
  if (hop <= EAGER_HOPS || hop >= MAX_ATTEMPTS) return 0;
  const shareMs = Math.ceil(leftMs / (MAX_ATTEMPTS - hop)) - attemptMs;
  return Math.min(Math.max(shareMs, 0), LONGEST_DELAY_MS);
}

export function deadlineOf({ sinceMs }: Pick<CheckRequest, 'sinceMs'>, { waitMs }: Pick<Target, 'waitMs'>): number {
  return sinceMs + waitMs;
}

export function isLastAttempt({ attempt }: Pick<CheckRequest, 'attempt'>): boolean {
  return attempt >= MAX_ATTEMPTS;
}
