import { nearest } from '../../config/written/nearest.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import { lookAtImages } from '../../app/local/look-at-images.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { ImageState } from '../../images/update/look.ts';
import { writeGroups } from '../../images/update/write-group.ts';
import type { WriteGroup } from '../../images/update/write-group.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatTable } from '../terminal/table.ts';

export interface ImagesFlags {
  /** Null: all images. */
  readonly name: string | null;
}

/** Shows what Git has of each image, what its policy wants, and why it differs. Exits with 1 when something cannot be read. */
export async function imagesCommand(context: Context, { name }: ImagesFlags): Promise<ExitCode> {
  const { config, env, log, signal } = context;
  const groups = chosenGroups(context, name);
  const runtime = localRuntime({ config, env, log, holder: 'images', progress: () => undefined });
  try {
    const states = await lookAtImages(groups, runtime, signal);
    context.print(context.output === 'json' ? JSON.stringify(states, null, 2) : formatStates(states));
    const problems = states.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    for (const problem of problems) log({ level: 'error', message: 'read-failed', errors: [problem] });
    return problems.length === 0 ? 0 : 1;
  } finally {
    runtime.close();
  }
}

/** @throws DeployError `usage` when there is no such image */
function chosenGroups(
  { config, configPath }: Pick<Context, 'config' | 'configPath'>,
  name: string | null,
): readonly WriteGroup[] {
  const groups = writeGroups(config);
  if (name === null) return groups;
  if (!config.images.has(name)) throw unknownImage(name, configPath, [...config.images.keys()]);
  return groups
    .map((group) => ({ ...group, images: group.images.filter(({ policy }) => policy.name === name) }))
    .filter(({ images }) => images.length > 0);
}

export function unknownImage(name: string, configPath: string, names: readonly string[]): DeployError {
  const meant = nearest(name, names);
  const choices = names.length === 0 ? `Add it to images in ${configPath}.` : `Use one of ${names.join(', ')}.`;
  return new DeployError('usage', {
    subject: configPath,
    message: `no image is named ${name}`,
    remedy: meant === null ? choices : `Did you mean ${meant}?`,
  });
}

function formatStates(states: readonly ImageState[]): string {
  if (states.length === 0) return 'headgate.yml has no images.';
  const rows = states.map(({ image, repository, branch, current, wanted, reason }) => [
    image,
    `${repository} ${branch}`,
    current.join(', ') || '-',
    wanted ?? '-',
    reason ?? 'current',
  ]);
  return formatTable(['IMAGE', 'BRANCH', 'CURRENT', 'WANTED', 'STATE'], rows);
}
