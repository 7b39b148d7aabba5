import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheDirectory, cached } from '../programs/cache.ts';
import { mustRun, run } from '../programs/command.ts';
import { withProgress } from '../programs/progress.ts';

const PACKAGE = 'aws-lambda-ric';
const VERSION = '4.0.2';
const TOOLS = ['gcc', 'g++', 'make', 'cmake'];

/** AWS's runtime client for Node: its program and its native module. Installed once, in about a minute. */
export async function getRuntimeClient(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  // With the Node that runs the functions: the native module is built for it.
  const folder = join(cacheDirectory(env), `${PACKAGE}-${VERSION}-node-${process.versions.modules}`);
  const installed: string[] = [];
  const file = (name: string) =>
    cached(join(folder, name), async (temporary) => {
      const [directory = await withProgress(`compiling ${PACKAGE} ${VERSION}`, () => install(env))] = installed;
      installed[0] = directory;
      await copyFile(join(directory, 'node_modules', PACKAGE, name), temporary);
    });
  try {
    await file('rapid-client.node');
    return await file('index.mjs');
  } finally {
    for (const directory of installed) await rm(directory, { recursive: true, force: true });
  }
}

async function install(env: NodeJS.ProcessEnv): Promise<string> {
  await refuseWithoutTools();
  const directory = await mkdtemp(join(tmpdir(), 'headgate-ric-'));
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { [PACKAGE]: true } }),
  );
  const path = `${dirname(process.execPath)}:${env['PATH'] ?? ''}`;
  const args = ['install', '--no-fund', '--no-audit', '--no-save', '--loglevel=error', `${PACKAGE}@${VERSION}`];
  await mustRun('npm', args, { cwd: directory, env: { ...env, PATH: path } });
  return directory;
}

async function refuseWithoutTools(): Promise<void> {
  const found = await Promise.all(
    TOOLS.map((tool) =>
      run(tool, ['--version']).then(
        ({ code }) => code === 0,
        () => false,
      ),
    ),
  );
  const missing = TOOLS.filter((_tool, index) => found[index] !== true);
  if (missing.length === 0) return;
  throw new Error(
    `npm test compiles AWS's runtime client, and ${missing.join(', ')} is missing. Install it, then run this again.`,
  );
}
