import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { RunPorts, Runtime } from '../../deploy/ports/runtime.ts';
import { isBackingOff } from '../../state/backoff.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { NotReady, ReadinessRecord } from '../../state/readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { Revision } from '../../snapshot/source.ts';

/** What the state of a preview says about one head. */
export interface PreviewState {
  readonly isAtHead: boolean;
  /** At the head, or nothing but time or a push helps. */
  readonly isSettled: boolean;
  readonly verdict: TargetState['outcome']['verdict'];
  readonly readiness: ReadinessRecord['readiness'] | null;
  readonly notReady: readonly NotReady[];
}

/** Reads the state of a preview. Nothing is written. */
export async function lookAtPreview(
  { target, revision }: { readonly target: Target; readonly revision: Revision },
  { open, nowMs }: Pick<Runtime, 'open' | 'nowMs'>,
  signal: AbortSignal,
): Promise<PreviewState> {
  const { cluster }: Pick<RunPorts, 'cluster'> = await open(target, revision);
  try {
    const { state } = await cluster.read('read-only', signal);
    const record = await cluster.readiness.read(signal);
    const settings = settingsHash(target);
    const { applied, outcome } = state;
    const isAtHead = applied.source?.revision === revision && applied.settings === settings;
    const isSettled = isAtHead || isBackingOff(outcome, { revision, settings, nowMs: nowMs() });
    const readiness = readinessOf(target, state, record);
    return { isAtHead, isSettled, verdict: outcome.verdict, readiness, notReady: record?.notReady ?? [] };
  } finally {
    cluster.readiness.close();
  }
}
