import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../../config/checked/config.ts';
import { readConfig } from '../../config/checked/read-config.ts';
import type { Problem } from '../../error/deploy-error.ts';

export interface ConfigArgument {
  /** As the user wrote it, relative to `cwd` or absolute. */
  readonly path: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export type LoadedConfig = { readonly config: Config } | { readonly problems: readonly Problem[] };

/** Reads headgate.yml. Everything that is wrong with it, including a missing file, is returned as problems. */
export async function loadConfig({ path, cwd, env }: ConfigArgument): Promise<LoadedConfig> {
  const absolute = resolve(cwd, path);
  try {
    const text = await readFile(absolute, 'utf8');
    return readConfig({ text, path: absolute, shownAs: path, env });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const message =
      code === 'ENOENT' ? 'the configuration file does not exist' : `cannot read the configuration file (${code})`;
    const remedy = `Create ${path}, or set --config or HEADGATE_CONFIG to another file.`;
    return { problems: [{ code: 'config-invalid', subject: path, message, remedy }] };
  }
}
