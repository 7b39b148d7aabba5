import { localRuntime } from '../../app/local/local-runtime.ts';
import type { LoopbackServer } from '../../platforms/local/loopback-server.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { openActivities } from './activities.ts';
import { startPage } from './page-server.ts';
import { openReader } from './reader.ts';

export interface PageFlags {
  readonly port: number;
  readonly isReadOnly: boolean;
  /** For the error when the port is taken. */
  readonly option: string;
  readonly onAddress: (address: string) => void;
}

/** Serves the page with the configuration and the rights of this process. */
export async function openPage(context: Context, { isReadOnly, ...flags }: PageFlags): Promise<LoopbackServer> {
  const { config, env, log, nowMs } = context;
  const runtime = localRuntime({ config, env, log, holder: 'page', progress: () => undefined });
  const open = isReadOnly ? null : (onChange: () => void) => openActivities(context, onChange);
  try {
    const reader = openReader(runtime, context);
    const server = await startPage({ ...flags, reader, openActivities: open, log, nowMs });
    return {
      ...server,
      async close() {
        await server.close();
        runtime.close();
      },
    };
  } catch (thrown) {
    runtime.close();
    throw thrown;
  }
}

/** Serves the page until Ctrl-C. */
export async function uiCommand(
  context: Context,
  { port, isReadOnly }: Pick<PageFlags, 'port' | 'isReadOnly'>,
): Promise<ExitCode> {
  const { signal, output } = context;
  const onAddress = (url: string) =>
    context.print(output === 'json' ? JSON.stringify({ url }) : `Open ${url} (valid once; press Ctrl-C to stop)`);
  const page = await openPage(context, { port, isReadOnly, option: '--port', onAddress });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await page.close();
  return 0;
}
