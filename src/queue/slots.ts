import type { ServerCondition } from '../exchange/servers.ts';

/** How many groups are handled at once, by the condition of the servers that they depend on. */
export interface SlotLimits {
  /** All of their servers answer: their runs work, and share the processor and the memory. */
  readonly answering: number;
  /** One of their servers still has to prove that it answers. */
  readonly unproven: number;
  /** One of their servers owes a response: their runs only wait. */
  readonly silent: number;
  /** Of the last two, those that wait for the same server: enough to notice that it answers again. */
  readonly perServer: number;
}

/** What decides which group is handled next. */
export interface Slots {
  readonly limits: SlotLimits;
  readonly conditionOf: (server: string) => ServerCondition;
}

/** The condition of a server changes by itself. */
export const LOOK_AGAIN_MS = 100;

/** How the messages of a queue name the servers that they depend on. */
export interface NeedsServers<T> {
  /** The servers without which a request cannot be handled. */
  readonly serversOf: (request: T) => readonly string[];
}

/** The first message of a group speaks for all: they are for the same target. */
export function serversOfMessages<T>(
  [first]: readonly { readonly body: string }[],
  { read, serversOf }: NeedsServers<T> & { readonly read: (body: string) => T | null },
): readonly string[] {
  const request = first === undefined ? null : read(first.body);
  return request === null ? [] : serversOf(request);
}

const WORST_FIRST: readonly ServerCondition[] = ['silent', 'unproven', 'answering'];

/**
 * May a group that depends on these servers be handled in addition to the running ones? A run counts for what it waits for
 * *now*. So a server that stops answering gives the slots of its runs back, and any number of such servers can take no slot of
 * those that answer.
 */
export function mayBegin(
  servers: readonly string[],
  running: readonly (readonly string[])[],
  { limits, conditionOf }: Slots,
): boolean {
  const worstOf = (each: readonly string[]) => {
    const conditions = new Set(each.map((server) => conditionOf(server)));
    return WORST_FIRST.find((condition) => conditions.has(condition)) ?? 'answering';
  };
  const condition = worstOf(servers);
  if (running.filter((each) => worstOf(each) === condition).length >= limits[condition]) return false;
  return servers
    .filter((server) => conditionOf(server) !== 'answering')
    .every((server) => running.filter((each) => each.includes(server)).length < limits.perServer);
}

/** Of runs: those that only wait for a silent server need a connection each and little more. */
export const DEPLOY_SLOTS: SlotLimits = { answering: 8, unproven: 16, silent: 64, perServer: 4 };

/** Of checks, which mostly wait. */
export const CHECK_SLOTS: SlotLimits = { answering: 32, unproven: 32, silent: 64, perServer: 16 };
