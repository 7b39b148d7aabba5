import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, cached } from '../programs/cache.ts';
import { mustRun } from '../programs/command.ts';
import { makeGoPart } from '../programs/go-part.ts';
import type { GoPart } from '../programs/go-part.ts';
import { withProgress } from '../programs/progress.ts';

const VERSION = '1.26.0';

const GITEA: GoPart = {
  name: 'gitea',
  package: 'code.gitea.io/gitea',
  moduleDirectory: join(dirname(fileURLToPath(import.meta.url)), 'build'),
  // Its API reports this version.
  ldflags: `-s -w -X main.Version=${VERSION}`,
  flags: ['-tags', 'sqlite sqlite_unlock_notify'],
  usesC: true,
  release: `https://dl.gitea.com/gitea/${VERSION}/gitea-${VERSION}-linux-amd64`,
  remedy: ' and gcc',
};

export interface GiteaProgram {
  readonly program: string;
  /** Its templates and settings, which only a release contains; null: in the program. */
  readonly files: string | null;
}

/** From the cache, the official release or a build, in this order. A build takes five minutes, once. */
export async function getGitea(env: NodeJS.ProcessEnv = process.env): Promise<GiteaProgram> {
  const folder = join(cacheDirectory(env), `gitea-${VERSION}`);
  const files = join(folder, 'files');
  const program = await cached(join(folder, 'gitea'), (temporary) =>
    withProgress(`getting gitea ${VERSION}`, async () => {
      if ((await makeGoPart(GITEA, temporary, env)) === 'built') await copyFiles(files, env);
    }),
  );
  const hasFiles = await access(files).then(
    () => true,
    () => false,
  );
  return { program, files: hasFiles ? files : null };
}

async function copyFiles(to: string, env: NodeJS.ProcessEnv): Promise<void> {
  const list = ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', GITEA.package];
  const module = (await mustRun('go', list, { cwd: GITEA.moduleDirectory, env })).trim();
  await mustRun('mkdir', ['-p', to]);
  // The cache of Go is read-only.
  const parts = ['templates', 'options', 'public'].map((part) => join(module, part));
  await mustRun('cp', ['-R', '--no-preserve=mode', ...parts, to]);
}
