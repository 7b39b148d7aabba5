import type { Target } from '../../config/checked/config.ts';
import { visibleLine } from '../../error/visible-text.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { countsText, heldText } from '../../deploy/report/channels/texts.ts';
import { decodeHistory } from '../../state/decode-history.ts';
import type { HistoryEntry } from '../../state/history.ts';
import type { Hold } from '../../state/hold.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatTable } from '../terminal/table.ts';
import { activeHold } from '../../state/current.ts';

/** Shows the last outcomes of a target, newest first, as its state keeps them. */
export async function historyCommand(context: Context, target: Target): Promise<ExitCode> {
  const { config, env, log, signal, nowMs } = context;
  const runtime = localRuntime({ config, env, log, holder: 'history', progress: () => undefined });
  try {
    const { cluster } = await runtime.open(target, null);
    const { state } = await cluster.read('read-only', signal);
    const outcomes = decodeHistory(state.history);
    const hold = activeHold(state, nowMs());
    context.print(
      context.output === 'json'
        ? JSON.stringify({ target: target.name, hold, outcomes: outcomes.map((each) => asJson(each)) }, null, 2)
        : asText(outcomes, hold),
    );
    return 0;
  } finally {
    runtime.close();
  }
}

/** Leaves out the awaited commit: it only serves to find the last commit that was ready, and changes with that rule. */
function asJson({ awaited: _awaited, committedMs = null, ...shown }: HistoryEntry): object {
  return { ...shown, committedAt: committedMs === null ? null : new Date(committedMs).toISOString() };
}

function asText(outcomes: readonly HistoryEntry[], hold: Hold | null): string {
  const rows = outcomes.map((outcome) => [
    outcome.at.replace(/\.\d+Z$/, 'Z'),
    outcome.revision.slice(0, 12),
    outcome.verdict,
    countsText(outcome),
    `${(outcome.durationMs / 1000).toFixed(1)} s`,
    outcome.approvedBy === undefined ? outcome.by : `${outcome.by}, approved by ${outcome.approvedBy}`,
    outcome.author ?? '-',
    outcome.subject ?? '-',
  ]);
  const table = formatTable(['ENDED', 'REVISION', 'VERDICT', 'CHANGES', 'TOOK', 'BY', 'AUTHOR', 'SUBJECT'], rows);
  return [...(hold === null ? [] : [visibleLine(heldText(hold))]), table].join('\n');
}
