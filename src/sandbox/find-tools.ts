import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DeployError } from '../error/deploy-error.ts';

export type Tool = 'kubectl' | 'helm';
export type Environment = Readonly<Record<string, string | undefined>>;

/** What our layer holds; its folder in the cache is named after it. */
export const LAYER_VERSIONS: Readonly<Record<Tool, string>> = { kubectl: 'v1.36.3', helm: 'v4.2.3' };
const LAYER_FOLDER = 'kubectl-v1.36.3';

export interface FoundTool {
  readonly path: string;
  /** Null: it has to be asked. */
  readonly version: string | null;
}

/** In Lambda the layer, on Linux x86_64 our cache, elsewhere (and where neither has it) the PATH. */
export async function findTool(tool: Tool, env: Environment): Promise<FoundTool> {
  const ours = [
    ...(env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? [] : [join('/opt', tool, tool)]),
    ...(process.platform === 'linux' && process.arch === 'x64' ? [join(cacheDirectory(env), LAYER_FOLDER, tool)] : []),
  ];
  for (const path of ours) if (await isExecutable(path)) return { path, version: LAYER_VERSIONS[tool] };
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter((part) => part.startsWith('/'))) {
    const path = join(directory, tool);
    if (await isExecutable(path)) return { path, version: null };
  }
  throw new DeployError('tool-missing', {
    subject: tool,
    message: `${tool} is neither in ${ours.join(', ') || 'the cache'} nor on the PATH`,
    remedy: `Install ${tool} on the PATH of the process that runs Headgate.`,
  });
}

/** `$HEADGATE_CACHE`, else `$XDG_CACHE_HOME/headgate`, else `~/.cache/headgate`. */
export function cacheDirectory(env: Environment): string {
  const own = env['HEADGATE_CACHE'] ?? '';
  const shared = env['XDG_CACHE_HOME'] ?? '';
  return own !== '' ? own : join(shared !== '' ? shared : join(env['HOME'] ?? homedir(), '.cache'), 'headgate');
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
