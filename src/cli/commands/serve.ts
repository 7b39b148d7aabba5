import { serve } from '../../app/local/serve.ts';
import type { Service } from '../../app/local/serve.ts';
import type { LoopbackServer } from '../../platforms/local/loopback-server.ts';
import type { Context, ExitCode } from '../terminal/context.ts';

export interface ServeFlags {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Null: no metrics are served. */
  readonly metricsPort: number | null;
  readonly sweepIntervalMs: number;
  readonly driftIntervalMs: number;
  /** Null: no page is served. */
  readonly openPage: ((context: Context) => Promise<LoopbackServer>) | null;
}

async function stopped(service: Service, thrown: unknown): Promise<never> {
  await service.stop();
  throw thrown;
}

/** Runs until Ctrl-C or SIGTERM. */
export async function serveCommand(context: Context, { openPage, ...flags }: ServeFlags): Promise<ExitCode> {
  const { config, env, log, dataDir, signal } = context;
  const service = await serve({ config, env, log, dataDirectory: dataDir, ...flags });
  const page = openPage === null ? null : await openPage(context).catch((thrown: unknown) => stopped(service, thrown));
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log({ level: 'info', message: 'stopping' });
  await Promise.all([service.stop(), page?.close()]);
  log({ level: 'info', message: 'stopped' });
  return 0;
}
