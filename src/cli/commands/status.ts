import type { Target } from '../../config/checked/config.ts';
import { readChannelErrors } from '../../platforms/local/channel-errors.ts';
import { readFleet } from '../lookup/read-fleet.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatStatusJson, formatStatusTable } from './format-status.ts';

export interface StatusFlags {
  /** Null: every target, including generated ones, and what removed directories have left in the cluster. */
  readonly target: Target | null;
}

/** Shows each target's state as the cluster has it. Exits with 1 when a state cannot be read. */
export async function statusCommand(context: Context, { target }: StatusFlags): Promise<ExitCode> {
  const fleet = await readFleet(context, target);
  context.print(context.output === 'json' ? formatStatusJson(fleet) : formatStatusTable(fleet, context.nowMs()));
  for (const problem of fleet.problems) context.log({ level: 'error', message: 'read-failed', errors: [problem] });
  for (const { channel, at, ...refused } of readChannelErrors(context.dataDir)) {
    const errors = [{ code: 'channel-refused', subject: `channel ${channel}`, ...refused }];
    context.log({ level: 'warn', message: 'not-notified', channel, since: at, errors });
  }
  return fleet.problems.length === 0 ? 0 : 1;
}
