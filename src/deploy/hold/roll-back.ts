import type { Target } from '../../config/checked/config.ts';
import { lastReady } from '../../state/last-ready.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { Trigger } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import { recipientOf } from '../targets/recipient.ts';
import { setHold } from './change-hold.ts';
import type { HoldPorts } from './change-hold.ts';

interface RolledBack {
  readonly target: Target;
  /** The commit that did not become ready in time. */
  readonly revision: Revision;
  readonly trigger: Trigger;
}

interface RollbackPorts extends HoldPorts {
  readonly cluster: Pick<Cluster, 'changeHold' | 'readiness'>;
  readonly runtime: Pick<Runtime, 'requests' | 'nowMs'>;
}

/**
 * `onFailure: rollback`: holds the target at the last commit that became ready. A hold in force, such as that of an earlier
 * rollback, stays: nothing is rolled back twice, and no rollback is rolled back.
 */
export async function rollBack(
  { target, revision, trigger }: RolledBack,
  { cluster, report, runtime }: RollbackPorts,
  signal: AbortSignal,
): Promise<void> {
  const record = await cluster.readiness.read(signal);
  const since = new Date(runtime.nowMs()).toISOString();
  const { isNew } = await setHold(
    (state) => {
      const at = lastReady(target, state, record);
      if (state.hold !== null || state.applied.source?.revision !== revision || at === null) return state.hold;
      const reason = `${revision.slice(0, 7)} did not become ready in time`;
      return { by: 'headgate', reason, since, at, from: revision, until: null };
    },
    { cluster, report },
    signal,
  );
  if (isNew) await runtime.requests.send([{ ...recipientOf(target), trigger, hint: null, at: since }], signal);
}
