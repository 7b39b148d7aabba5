import type { CommentCommand } from '../../deploy/ports/cluster.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Hold } from '../../state/hold.ts';
import { NOTHING_RECORDED } from '../../state/target-state.ts';
import type { TargetState } from '../../state/target-state.ts';
import type { StateStore } from './state-store.ts';

/** A run that works writes its state a few times, and each of these may come between. */
const TRIES = 10;

export interface HoldChange {
  /** Returns the hold that the target gets in the state that was read; what it throws leaves the state unchanged. */
  readonly decide: (state: TargetState) => Hold | null | Promise<Hold | null>;
  /** Null: it was not a comment. */
  readonly command: CommentCommand | null;
}

/**
 * Sets or ends the hold, also while a run holds the lease: a person who stops a target does not wait for its run. Hosts deliver a
 * comment again, also days later, so the state records the newest one that was carried out, and an older one changes nothing.
 */
export async function changeHold(
  store: StateStore,
  { decide, command }: HoldChange,
  signal: AbortSignal,
): Promise<TargetState> {
  for (let tries = 1; ; tries += 1) {
    const parent = await store.readParent(signal);
    const state = parent?.state ?? NOTHING_RECORDED;
    if (command !== null && isRepeated(command, parent?.lastCommand ?? '')) return state;
    const hold = await decide(state);
    if (hold === state.hold && command === null) return state;
    try {
      const lastCommand = command === null ? null : formatCommand(command);
      await store.writeHold(parent, { hold, lastCommand }, signal);
      return { ...state, hold };
    } catch (thrown) {
      if (!(thrown instanceof DeployError && thrown.code === 'lease-lost') || tries === TRIES) throw thrown;
    }
  }
}

/** Ids are numbers that grow. Those of different repositories have no common order. */
function isRepeated({ repository, id }: CommentCommand, last: string): boolean {
  const [lastId = '', lastRepository = ''] = last.split(' ');
  if (lastRepository !== repository) return false;
  const areNumbers = [id, lastId].every((each) => /^\d{1,30}$/.test(each));
  return areNumbers ? BigInt(id) <= BigInt(lastId) : id === lastId;
}

function formatCommand({ repository, id }: CommentCommand): string {
  return `${id} ${repository}`;
}
