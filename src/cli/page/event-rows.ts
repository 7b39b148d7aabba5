import type { SeenEvent } from '../../cluster/readiness/read-events.ts';
import { parentName } from '../../cluster/state/parent.ts';
import type { Target } from '../../config/checked/config.ts';
import type { EventRow } from '../../page/model.ts';

/** More is older than what people look for here. */
const SHOWN = 50;

/** The newest events of a target: those of its state object, which Headgate writes, and of its objects. */
export function eventRows(
  events: readonly SeenEvent[],
  { target, uids }: { readonly target: Pick<Target, 'name'>; readonly uids: ReadonlySet<string> },
): readonly EventRow[] {
  const state = parentName(target.name);
  const isOwn = ({ involved: { kind, name, uid } }: SeenEvent) =>
    uids.has(uid) || (kind === 'ConfigMap' && name === state);
  return events
    .filter((event) => isOwn(event))
    .toSorted((a, b) => timeOf(b) - timeOf(a))
    .slice(0, SHOWN)
    .map(({ involved, ...event }) => ({ ...event, object: `${involved.kind} ${involved.name}` }));
}

function timeOf({ at }: SeenEvent): number {
  return at === null ? 0 : Date.parse(at);
}
