const DURATION = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/** Longer waits are certainly typos, and Node's timers are limited to 24 days. */
const MAX_MS = 7 * 24 * 3_600_000;

/** Parses `30s`, `5m` or `1h30m` into milliseconds; null when invalid or longer than seven days. */
export function parseDuration(text: string): number | null {
  const parts = DURATION.exec(text);
  if (parts === null || text === '') return null;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part: string | undefined) => Number(part ?? 0));
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return ms <= MAX_MS ? ms : null;
}
