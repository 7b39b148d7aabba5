import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BODY_LIMIT_BYTES } from '../../../src/deploy/webhook/receive.ts';
import type { DeployRequest } from '../../../src/deploy/ports/request.ts';
import { startHttpServer } from '../../../src/platforms/local/http-server.ts';
import type { HttpServer } from '../../../src/platforms/local/http-server.ts';
import { aConfig, aRepository, aTarget } from '../builders.ts';

const HOOK = join(import.meta.dirname, '../../../hooks/post-receive');
/** Longer than a block of SHA-256, with a character of two bytes. */
const SECRET = `"sécret" $HOME %s \\ ${'x'.repeat(80)}`;
const run = promisify(execFile);

let directory: string;
let server: HttpServer;
let bare: string;
let queued: DeployRequest[] = [];
const secrets: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-hook-'));
  bare = join(directory, 'fleet.git');
  const repository = aRepository({ host: 'git', api: null, fullName: 'fleet', id: null });
  const targets = [aTarget({ repository }), aTarget({ name: 'next', ref: 'refs/heads/next', repository })];
  server = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      config: aConfig([repository], targets),
      version: '1.2.3',
      limitBytes: BODY_LIMIT_BYTES,
      secretsOf: async () => secrets,
      rotatedSecretsOf: async () => null,
      queue: { send: async (requests) => void queued.push(...requests) },
      randomId: () => 'made-here',
      nowMs: () => Date.now(),
      log: () => undefined,
    },
  );
  await run('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  await copyFile(HOOK, join(bare, 'hooks/post-receive'));
  await run('git', ['init', '-q', '-b', 'main', join(directory, 'work')]);
  await git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '--allow-empty', '-m', 'a');
});
beforeEach(async () => {
  queued = [];
  secrets.splice(0, secrets.length, SECRET);
  await writeFile(join(directory, 'secret'), `${SECRET}\n`);
  await run('git', ['-C', bare, 'config', 'headgate.url', `${server.url}/webhooks/fleet`]);
  await run('git', ['-C', bare, 'config', 'headgate.secretFile', join(directory, 'secret')]);
});
afterAll(async () => {
  await server.close(100);
  await rm(directory, { recursive: true });
});

function git(...args: readonly string[]) {
  return run('git', ['-C', join(directory, 'work'), ...args]);
}

/** What the person who pushes sees. */
async function push(...refs: readonly string[]): Promise<string> {
  return (await git('push', '--force', bare, ...refs)).stderr;
}

it('the post-receive hook reports every branch of a push in one signed delivery, and writes nothing to the terminal', async () => {
  const refs = ['main', 'next', 'a"b', 'x$(id)'].map((name) => `HEAD:refs/heads/${name}`);
  expect(await push(...refs, 'HEAD:refs/tags/v1')).not.toContain('remote:');
  const head = (await git('rev-parse', 'HEAD')).stdout.trim();
  expect(queued).toMatchObject([
    { target: 'shop', trigger: { id: expect.stringMatching(/^[0-9a-f]{32}$/) as string }, hint: { revision: head } },
    { target: 'next', hint: { revision: head } },
  ]);
});

it('the post-receive hook reports nothing when only a tag was pushed', async () => {
  await writeFile(join(directory, 'secret'), 'a wrong one');
  expect(await push('HEAD:refs/tags/v2')).not.toContain('remote:');
});

it.each([
  ['a wrong secret', () => secrets.splice(0, 1, 'another one'), 'does not accept the signature'],
  ['an empty secret', () => writeFile(join(directory, 'secret'), '\n'), 'is empty'],
  ['no secret', () => rm(join(directory, 'secret')), 'cannot read'],
  ['no URL', () => run('git', ['-C', bare, 'config', '--unset', 'headgate.url']), 'headgate.url is not set'],
  [
    'a URL where nothing listens',
    () => run('git', ['-C', bare, 'config', 'headgate.url', 'http://127.0.0.1:1/webhooks/fleet']),
    'no webhook was sent',
  ],
])('the post-receive hook never fails a push, but names the reason: %s', async (name, breakIt, reason) => {
  await breakIt();
  const shown = await push(`HEAD:refs/heads/${name.replaceAll(' ', '-')}`);
  expect(shown).toContain(reason);
  expect(shown).toContain('the sweep finds this push');
  expect(shown).not.toContain(SECRET);
});
