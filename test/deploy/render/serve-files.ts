import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GIT_LIMITS } from '../../../src/git/wire/limits.ts';
import { openRepository } from '../../../src/git/reader.ts';
import { asObjectId } from '../../../src/snapshot/source.ts';
import type { ObjectId } from '../../../src/snapshot/source.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';

/** Files as a checkout, and as a repository behind a real Git server. */
export async function serveFiles(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'headgate-render-test-'));
  const checkout = join(root, 'work');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), content);
  }
  const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  git('init', '-q', '-b', 'main', checkout);
  git('-C', checkout, 'add', '-A');
  git('-C', checkout, ...identity, 'commit', '-q', '-m', 'all');
  git('clone', '-q', '--bare', checkout, join(root, 'git', 'fleet.git'));
  git('-C', join(root, 'git', 'fleet.git'), 'config', 'uploadpack.allowFilter', 'true');
  const server = await startGitServer({ root: join(root, 'git') });
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return {
    checkout,
    rootTree: idOf(git('-C', checkout, 'rev-parse', 'HEAD^{tree}')),
    open: () =>
      openRepository({
        url: `${server.url}/fleet.git`,
        login: null,
        ca: null,
        userAgent: 'headgate-test',
        agents,
        limits: GIT_LIMITS,
      }),
    async close(): Promise<void> {
      agents.http.destroy();
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function idOf(text: string): ObjectId {
  const id = asObjectId(text);
  if (id === null) throw new Error(`${text} is not an object id`);
  return id;
}
