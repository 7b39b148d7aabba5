import { serve } from '../../app/local/serve.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export interface ServeFlags {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Null: no metrics are served. */
  readonly metricsPort: number | null;
  readonly sweepIntervalMs: number;
  readonly driftIntervalMs: number;
}

/** Runs until Ctrl-C or SIGTERM. */
export async function serveCommand(
  { config, env, log, dataDir, signal }: Context,
  flags: ServeFlags,
): Promise<ExitCode> {
  const service = await serve({ config, env, log, dataDirectory: dataDir, ...flags });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log({ level: 'info', message: 'stopping' });
  await service.stop();
  log({ level: 'info', message: 'stopped' });
  return 0;
}
