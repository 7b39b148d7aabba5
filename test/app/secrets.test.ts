import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDeployError } from '../../src/error/deploy-error.ts';
import type { Problem } from '../../src/error/deploy-error.ts';
import { resolveSecret } from '../../src/app/secrets.ts';
import type { SecretReference } from '../../src/config/written/reference.ts';

const signal = new AbortController().signal;

function resolve(reference: SecretReference, env: Record<string, string> = {}, stored = ''): Promise<string> {
  const absent = () => Promise.reject(new Error('no AWS in this test'));
  const sources = {
    env,
    readFile: (path: string) => readFile(path, 'utf8'),
    aws: { read: async () => stored, reread: absent, unwrap: absent },
  };
  return resolveSecret(reference, sources, signal);
}

async function problemOf(reference: SecretReference, env: Record<string, string> = {}): Promise<Problem | null> {
  try {
    await resolve(reference, env);
    return null;
  } catch (thrown) {
    return asDeployError(thrown).problem;
  }
}

describe('a secret', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-secrets-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function inFile(text: string): Promise<SecretReference> {
    const path = join(directory, `secret-${Buffer.from(text).toString('hex')}`);
    await writeFile(path, text);
    return { kind: 'file', path };
  }

  it('is read from the environment unchanged, but without its last newline', async () => {
    expect(await resolve({ kind: 'env', name: 'TOKEN' }, { TOKEN: ' a b\n\n' })).toBe(' a b\n');
  });

  it.each<SecretReference>([
    { kind: 'ssm', name: '/fleet/token' },
    { kind: 'secretsmanager', id: 'fleet', key: 'token' },
  ])('is read from AWS without the newline that `aws … file:///dev/stdin` stores: %j', async (reference) => {
    expect(await resolve(reference, {}, 'abc\n')).toBe('abc');
  });

  it.each([
    ['abc\n', 'abc'],
    ['abc\r\n', 'abc'],
    ['abc\n\n', 'abc\n'],
    ['abc', 'abc'],
  ])('is read from a file without its last newline: %j', async (text, secret) => {
    expect(await resolve(await inFile(text))).toBe(secret);
  });

  it('is reported by its reference when it is missing', async () => {
    expect(await problemOf({ kind: 'env', name: 'TOKEN' })).toEqual({
      code: 'secret-missing',
      subject: 'env:TOKEN',
      message: 'the secret env:TOKEN is not set',
      remedy: 'Set TOKEN in the environment.',
    });
    const path = join(directory, 'absent');
    expect(await problemOf({ kind: 'file', path })).toMatchObject({
      code: 'secret-missing',
      message: `the secret file:${path} does not exist`,
    });
    expect(await problemOf({ kind: 'file', path: directory })).toMatchObject({
      message: `the secret file:${directory} cannot be read (EISDIR)`,
    });
  });

  it('is reported as missing when it is empty', async () => {
    const empty = { code: 'secret-missing', message: expect.stringMatching(/is empty$/) };
    expect(await problemOf({ kind: 'env', name: 'TOKEN' }, { TOKEN: '' })).toMatchObject(empty);
    expect(await problemOf({ kind: 'env', name: 'TOKEN' }, { TOKEN: ' ' })).toMatchObject(empty);
    expect(await problemOf(await inFile('\n'))).toMatchObject(empty);
  });
});
