import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DeployError } from '../error/deploy-error.ts';
import { LAYER, cacheTool } from './layer.ts';
import type { LayerTool } from './layer.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundTool {
  readonly path: string;
  /** Null: run the tool to find out. */
  readonly version: string | null;
}

/**
 * In a function: the layer's tool and no other, because functions without the layer (the sweep) take the version to be the
 * layer's. Elsewhere: on Linux x86_64 the cache (filled from the layer's package when empty), and then the PATH.
 */
export async function findTool(tool: LayerTool, env: Environment): Promise<FoundTool> {
  return isFunction(env) ? findInLayer(tool) : findLocally(tool, env);
}

/** The version that `findTool` will find; null: only the tool itself knows. */
export function pinnedVersion(tool: LayerTool, env: Environment): string | null {
  return isFunction(env) ? LAYER.versions[tool] : null;
}

function isFunction(env: Environment): boolean {
  return env['AWS_LAMBDA_FUNCTION_NAME'] !== undefined;
}

async function findInLayer(tool: LayerTool): Promise<FoundTool> {
  const path = join('/opt', tool, tool);
  if (await isExecutable(path)) return { path, version: LAYER.versions[tool] };
  throw new DeployError('tool-missing', {
    subject: tool,
    message: `${tool} was not found at ${path}`,
    remedy: 'Deploy the stack again with `headgate bootstrap`, which gives the deploy function its layer.',
  });
}

async function findLocally(tool: LayerTool, env: Environment): Promise<FoundTool> {
  const cached = cachedFile(tool, env);
  const missing = cached === null ? null : await fillCache(tool, cached);
  if (cached !== null && missing === null) return { path: cached, version: LAYER.versions[tool] };
  const path = await findOnPath(tool, env);
  if (path !== null) return { path, version: null };
  throw new DeployError('tool-missing', {
    subject: tool,
    message: `${tool} was not found ${cached === null ? '' : `at ${cached} or `}on the PATH`,
    remedy: `Install ${tool} on the PATH of the Headgate process, or give npm access to its registry once.`,
    cause: missing,
  });
}

function cachedFile(tool: LayerTool, env: Environment): string | null {
  const isBuilt = process.platform === 'linux' && process.arch === 'x64';
  return isBuilt ? join(cacheDirectory(env), LAYER.folder, tool) : null;
}

/** Resolves to the reason why the cache lacks the tool; null: it has it. */
async function fillCache(tool: LayerTool, file: string): Promise<unknown> {
  if (await isExecutable(file)) return null;
  return cacheTool(tool, file).then(
    () => null,
    (thrown: unknown) => thrown,
  );
}

/** Searches the absolute directories of the PATH. */
export async function findOnPath(tool: LayerTool, env: Environment): Promise<string | null> {
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter((part) => part.startsWith('/'))) {
    const path = join(directory, tool);
    if (await isExecutable(path)) return path;
  }
  return null;
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
