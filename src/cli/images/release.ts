import { localRuntime } from '../../app/local/local-runtime.ts';
import { openUpdatesLate } from '../../app/work/open-updates-late.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';
import { unknownImage } from './images.ts';

/** Lets versions of an image be written again that were reverted. The next poll writes what its policy wants. */
export async function releaseImageCommand(context: Context, { name }: { readonly name: string }): Promise<ExitCode> {
  const { config, configPath, env, log, signal } = context;
  const policy = config.images.get(name);
  if (policy === undefined) throw unknownImage(name, configPath, [...config.images.keys()]);
  const runtime = localRuntime({ config, env, log, holder: 'images', progress: () => undefined });
  try {
    const updates = await openUpdatesLate(runtime);
    const released = await updates.release(policy, personOf(env), signal);
    if (context.output === 'json') context.print(JSON.stringify(released, null, 2));
    else
      for (const { repository, wasWritten } of released)
        context.print(
          wasWritten
            ? `${name} is released in ${repository}: the next poll writes the version that its policy wants`
            : `${name} has no record in ${repository}, so nothing is held there`,
        );
    return 0;
  } finally {
    runtime.close();
  }
}
