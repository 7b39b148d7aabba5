/** How often an object was corrected in a row, and until when correction pauses. */
export interface Contest {
  readonly times: number;
  readonly lastMs: number;
  readonly restUntilMs: number;
  /** It was refused, so it rests without a fight. */
  readonly isRefused?: true | undefined;
}

/** By object, as `formatId` writes it. */
export type Contests = Readonly<Record<string, Contest>>;

/** A correction within this time of the last one belongs to the same contest. */
const MEMORY_MS = 3_600_000;
/** After this many corrections in a row, two writers are assumed to fight over the object. */
export const CONTESTED_TIMES = 3;
const FIRST_REST_MS = 30 * 60_000;
const LONGEST_REST_MS = 24 * 3_600_000;
/** Limits the size of the state; the oldest are dropped first. */
const CONTESTS = 50;

/** Does the sweep leave the object alone for now? */
export function isResting(object: string, contests: Contests, nowMs: number): boolean {
  return nowMs < (contests[object]?.restUntilMs ?? 0);
}

export function isContested(object: string, contests: Contests): boolean {
  return (contests[object]?.times ?? 0) >= CONTESTED_TIMES;
}

/** The contests after a run. `corrected`: counted once more. `refused`: cannot be corrected, and rests at once. */
export function nextContests(
  contests: Contests,
  { corrected, refused }: { corrected: readonly string[]; refused: readonly string[] },
  nowMs: number,
): Contests {
  const alive = Object.entries(contests).filter(([, contest]) => nowMs < forgottenAtMs(contest));
  const known = Object.fromEntries(alive);
  const timesOf = (object: string) => (known[object]?.times ?? 0) + 1;
  const next = new Map([
    ...alive,
    ...corrected.map((object) => [object, contestOf(timesOf(object), nowMs)] as const),
    ...refused.map((object) => [object, refusedOf(Math.max(timesOf(object), CONTESTED_TIMES), nowMs)] as const),
  ]);
  return Object.fromEntries([...next].toSorted(([, a], [, b]) => b.lastMs - a.lastMs).slice(0, CONTESTS));
}

/** Forgets the contests that were refused, so that they are tried again: another commit may have lifted the reason. */
export function withoutRefused(contests: Contests): Contests {
  return Object.fromEntries(Object.entries(contests).filter(([, { isRefused }]) => isRefused !== true));
}

function refusedOf(times: number, nowMs: number): Contest {
  return { ...contestOf(times, nowMs), isRefused: true };
}

function contestOf(times: number, nowMs: number): Contest {
  const over = times - CONTESTED_TIMES;
  const restMs = over < 0 ? 0 : Math.min(FIRST_REST_MS * 2 ** over, LONGEST_REST_MS);
  return { times, lastMs: nowMs, restUntilMs: nowMs + restMs };
}

function forgottenAtMs({ lastMs, restUntilMs }: Contest): number {
  return Math.max(lastMs, restUntilMs) + MEMORY_MS;
}
