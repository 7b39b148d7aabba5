import { serve } from '../../local/serve.ts';
import type { Context, ExitCode } from '../context.ts';

export interface ServeFlags {
  readonly host: string;
  /** 0: a free one is picked. */
  readonly port: number;
  readonly sweepIntervalMs: number;
  /** Null unless it was given: drift is not looked for yet. */
  readonly driftIntervalMs: number | null;
}

/** Runs until Ctrl-C or SIGTERM. */
export async function serveCommand(
  { config, env, log, dataDir, signal }: Context,
  flags: ServeFlags,
): Promise<ExitCode> {
  const { host, port, sweepIntervalMs, driftIntervalMs } = flags;
  if (driftIntervalMs !== null) log({ level: 'warn', message: '--drift-interval has no effect yet' });
  const service = await serve({ config, env, log, dataDirectory: dataDir, host, port, sweepIntervalMs });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log({ level: 'info', message: 'stopping' });
  await service.stop();
  log({ level: 'info', message: 'stopped' });
  return 0;
}
