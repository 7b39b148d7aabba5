import type { Target } from '../../config/checked/config.ts';
import { deliveryPerformance } from '../../metrics/delivery-performance.ts';
import type { DeliveryPerformance } from '../../metrics/delivery-performance.ts';
import { decodeHistory } from '../../state/decode-history.ts';
import { readFleet } from '../lookup/read-fleet.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatTable } from '../terminal/table.ts';

/** Shows DORA's figures of each target, or of one, and of all together, from the outcomes that their states keep. */
export async function statsCommand(context: Context, target: Target | null): Promise<ExitCode> {
  const { rows, problems } = await readFleet(context, target);
  const nowMs = context.nowMs();
  const histories = rows.map(({ target: { name }, state }) => ({ name, history: decodeHistory(state?.history ?? []) }));
  const targets = histories.map(({ name, history }) => ({ target: name, ...deliveryPerformance([history], nowMs) }));
  const all = deliveryPerformance(
    histories.map(({ history }) => history),
    nowMs,
  );
  context.print(
    context.output === 'json'
      ? JSON.stringify({ targets, ...(target === null ? { all } : {}) }, null, 2)
      : asText([...targets, ...(target === null && targets.length > 1 ? [{ target: 'all', ...all }] : [])], nowMs),
  );
  for (const problem of problems) context.log({ level: 'error', message: 'read-failed', errors: [problem] });
  return problems.length === 0 ? 0 : 1;
}

type Row = DeliveryPerformance & { readonly target: string };

function asText(rows: readonly Row[], nowMs: number): string {
  const cells = rows.map((row) => [
    row.target,
    row.from === null ? '-' : duration(nowMs - Date.parse(row.from)),
    String(row.changes),
    row.changesPerDay === null ? '-' : row.changesPerDay.toFixed(1),
    row.changeFailureRate === null ? '-' : `${row.failedChanges} (${Math.round(100 * row.changeFailureRate)} %)`,
    `${duration(row.timeToRestoreMs)}${row.notRestored === 0 ? '' : ` (+${row.notRestored} not yet)`}`,
    duration(row.leadTimeMs),
    String(row.refused),
  ]);
  const head = ['TARGET', 'WINDOW', 'CHANGES', 'PER DAY', 'FAILED', 'RESTORED IN', 'LEAD TIME', 'REFUSED'];
  return formatTable(head, cells);
}

function duration(ms: number | null): string {
  if (ms === null) return '-';
  const minutes = ms / 60_000;
  if (minutes < 2) return `${(ms / 1000).toFixed(0)}s`;
  if (minutes < 120) return `${minutes.toFixed(0)}m`;
  return minutes < 2880 ? `${(minutes / 60).toFixed(0)}h` : `${(minutes / 1440).toFixed(0)}d`;
}
