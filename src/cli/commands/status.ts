import { localRuntime } from '../../app/local/local-runtime.ts';
import type { Target } from '../../config/checked/config.ts';
import { readChannelErrors } from '../../platforms/local/channel-errors.ts';
import { readFleetWith } from '../lookup/read-fleet.ts';
import type { Fleet } from '../lookup/read-fleet.ts';
import { NO_PREVIEWS, readPreviews } from '../lookup/read-previews.ts';
import type { FoundPreviews } from '../lookup/read-previews.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatStatusJson, formatStatusTable } from './format-status.ts';

export interface StatusFlags {
  /** Null: every target, including generated ones, every preview, and what removed directories and previews have left in the cluster. */
  readonly target: Target | null;
}

/** Shows each target's state as the cluster has it. Exits with 1 when a state cannot be read. */
export async function statusCommand(context: Context, { target }: StatusFlags): Promise<ExitCode> {
  const { fleet, previews } = await read(context, target);
  const problems = [...fleet.problems, ...previews.problems];
  context.print(
    context.output === 'json' ? formatStatusJson(fleet, previews) : formatStatusTable(fleet, previews, context.nowMs()),
  );
  for (const problem of problems) context.log({ level: 'error', message: 'read-failed', errors: [problem] });
  for (const { channel, at, ...refused } of readChannelErrors(context.dataDir)) {
    const errors = [{ code: 'channel-refused', subject: `channel ${channel}`, ...refused }];
    context.log({ level: 'warn', message: 'not-notified', channel, since: at, errors });
  }
  return problems.length === 0 ? 0 : 1;
}

async function read(
  context: Context,
  target: Target | null,
): Promise<{ readonly fleet: Fleet; readonly previews: FoundPreviews }> {
  const { config, env, log, signal } = context;
  const runtime = localRuntime({ config, env, log, holder: 'status', progress: () => undefined });
  try {
    const [fleet, previews] = await Promise.all([
      readFleetWith(runtime, context, target),
      target === null ? readPreviews(runtime, signal) : NO_PREVIEWS,
    ]);
    return { fleet, previews };
  } finally {
    runtime.close();
  }
}
