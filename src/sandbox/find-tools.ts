import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DeployError } from '../error/deploy-error.ts';
import { LAYER, cacheTool } from './layer.ts';
import type { Tool } from './layer.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundTool {
  readonly path: string;
  /** Null: run the tool to find out. */
  readonly version: string | null;
}

/** Looks in Lambda's layer, or on Linux x86_64 in the cache (filled from the layer's package when empty), and then on the PATH. */
export async function findTool(tool: Tool, env: Environment): Promise<FoundTool> {
  const bundled = bundledFile(tool, env);
  const version = LAYER.versions[tool];
  if (bundled !== null && (await isExecutable(bundled))) return { path: bundled, version };
  const isCached = bundled !== null && env['AWS_LAMBDA_FUNCTION_NAME'] === undefined;
  const missing = isCached ? await cacheTool(tool, bundled).catch((thrown: unknown) => thrown) : null;
  if (isCached && (await isExecutable(bundled))) return { path: bundled, version };
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter((part) => part.startsWith('/'))) {
    const path = join(directory, tool);
    if (await isExecutable(path)) return { path, version: null };
  }
  throw new DeployError('tool-missing', {
    subject: tool,
    message: `${tool} was found neither at ${bundled ?? '/opt'} nor on the PATH`,
    remedy: `Install ${tool} on the PATH of the Headgate process, or give npm access to its registry once.`,
    cause: missing,
  });
}

function bundledFile(tool: Tool, env: Environment): string | null {
  if (env['AWS_LAMBDA_FUNCTION_NAME'] !== undefined) return join('/opt', tool, tool);
  const isBuilt = process.platform === 'linux' && process.arch === 'x64';
  return isBuilt ? join(cacheDirectory(env), LAYER.folder, tool) : null;
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
