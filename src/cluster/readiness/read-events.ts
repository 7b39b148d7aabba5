import { isObject, textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { listAll } from '../api/list.ts';
import { pathSegment } from '../api/kinds.ts';
import type { Connection } from '../api/connection.ts';

/** A core/v1 Event, as its readers need it. */
export interface SeenEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** RFC 3339: the last time; null: the event does not say. */
  readonly at: string | null;
  readonly involved: { readonly kind: string; readonly name: string; readonly uid: string };
}

export interface SeenEvents {
  readonly found: readonly SeenEvent[];
  /** `events in shop`: listing them is forbidden. */
  readonly forbidden: readonly string[];
}

/** The events of these namespaces: for reading only. */
export async function readEvents(
  namespaces: readonly string[],
  connection: Connection,
  signal: AbortSignal,
): Promise<SeenEvents> {
  const lists = await Promise.all(
    namespaces.map(async (namespace) => {
      const path = `/api/v1/namespaces/${pathSegment(namespace)}/events?`;
      const { found, refusal } = await listAll({ path, accept: 'application/json' }, connection, signal);
      return {
        found: found.map((item) => eventOf(item)),
        forbidden: refusal === null ? [] : [`events in ${namespace}`],
      };
    }),
  );
  return { found: lists.flatMap(({ found }) => found), forbidden: lists.flatMap(({ forbidden }) => forbidden) };
}

function eventOf(item: JsonObject): SeenEvent {
  const involved = objectAt(item, 'involvedObject');
  const series = objectAt(item, 'series');
  const times = [series['lastObservedTime'], item['lastTimestamp'], item['eventTime'], item['firstTimestamp']];
  const count = series['count'] ?? item['count'];
  return {
    type: item['type'] === 'Warning' ? 'Warning' : 'Normal',
    reason: textOf(item['reason']),
    message: textOf(item['message']),
    count: typeof count === 'number' ? count : 1,
    at: times.map((time) => textOf(time)).find((time) => time !== '') ?? null,
    involved: { kind: textOf(involved['kind']), name: textOf(involved['name']), uid: textOf(involved['uid']) },
  };
}

function objectAt(item: JsonObject, key: string): JsonObject {
  const value = item[key];
  return isObject(value) ? value : {};
}
