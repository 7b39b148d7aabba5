import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commitObject } from '../../src/git/write/new-objects.ts';
import { parseSshKey } from '../../src/signing/ssh-key.ts';
import type { SshKey } from '../../src/signing/ssh-key.ts';
import { sshSignature } from '../../src/signing/ssh-signature.ts';
import { string, uint32 } from '../../src/signing/ssh-wire.ts';
import { BareRepository, removeRepositories } from '../git/repository.ts';
import { SshKeys } from './ssh-keys.ts';

const keys = new SshKeys();

afterAll(() => {
  keys.remove();
  removeRepositories();
});

const TYPES = [
  ['-t', 'ed25519'],
  ['-t', 'rsa', '-b', '2048'],
  ['-t', 'ecdsa', '-b', '256'],
  ['-t', 'ecdsa', '-b', '384'],
  ['-t', 'ecdsa', '-b', '521'],
];

function keyAt(path: string): SshKey {
  const parsed = parseSshKey(readFileSync(path, 'utf8'));
  if (parsed.kind === 'refused') throw new Error(parsed.message);
  return parsed.key;
}

/** The file of a key that is in a piece of hardware, as far as it is read. */
function securityKey(): string {
  const secret = Buffer.concat([uint32(1), uint32(1), string('sk-ssh-ed25519@openssh.com')]);
  const head = [string('none'), string('none'), string(''), uint32(1), string('public')];
  const container = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...head, string(secret)]);
  const name = 'OPENSSH PRIVATE KEY';
  const path = join(keys.directory, 'security-key');
  writeFileSync(path, `-----BEGIN ${name}-----\n${container.toString('base64')}\n-----END ${name}-----\n`);
  return path;
}

describe('a signature', () => {
  // These two have no randomness in them.
  it.each(TYPES.slice(0, 2).map((args) => [args]))('is the one that ssh-keygen makes with a key of %j', (args) => {
    const path = keys.make(args);
    const file = join(keys.directory, 'message');
    writeFileSync(file, 'a message\n');
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', path, '-n', 'git', file], { stdio: 'ignore' });
    const own = sshSignature(keyAt(path), 'git', Buffer.from('a message\n'));
    const made = readFileSync(`${file}.sig`, 'utf8');
    expect(own.replaceAll('\n', '')).toBe(made.replaceAll('\n', ''));
    rmSync(`${file}.sig`);
  });

  it.each(TYPES.flatMap((args) => ['sha1', 'sha256'].map((format) => [args, format] as const)))(
    'of a commit by a key of %j is verified by git in a %s repository, and only for its author',
    (args, format) => {
      const repository = new BareRepository('fleet.git', { format });
      repository.commit({ a: '1' });
      const path = keys.make(args);
      const tree = repository.git('rev-parse', 'main^{tree}');
      const author = { name: 'headgate', email: 'headgate@example.com' };
      const sign = (commit: Uint8Array) => sshSignature(keyAt(path), 'git', commit);
      const text = { tree, parents: [], author, atMs: 1_700_000_000_000, message: 'signed\n\nTrailer: 1', sign };
      const commit = commitObject(text, format === 'sha256' ? 'sha256' : 'sha1');
      const stored = execFileSync('git', ['-C', repository.path, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
        input: commit.data,
        encoding: 'utf8',
      });
      expect(stored.trim()).toBe(commit.id);
      expect(repository.git('log', '-1', '--format=%B', commit.id)).toBe('signed\n\nTrailer: 1');
      const allowed = join(keys.directory, 'allowed');
      const trust = (line: string) => {
        writeFileSync(allowed, line);
        return repository.git(
          '-c',
          `gpg.ssh.allowedSignersFile=${allowed}`,
          'log',
          '-1',
          '--format=%G? %GS',
          commit.id,
        );
      };
      expect(trust(keys.allowed(author.email, path))).toBe('G headgate@example.com');
      expect(trust(keys.allowed(author.email, keys.make(args)))).toMatch(/^U/);
      repository.git('fsck', '--strict');
    },
  );
});

describe('a signing key', () => {
  it.each([
    ['is encrypted with a passphrase', () => keys.make(['-t', 'ed25519'], 'secret')],
    ['is not an OpenSSH private key', () => keys.make(['-t', 'rsa', '-m', 'PEM'])],
    ['is not an OpenSSH private key', () => `${keys.make(['-t', 'ed25519'])}.pub`],
    ['has the type sk-ssh-ed25519@openssh.com, which is not supported', securityKey],
  ])('that %s is refused with a remedy', (message, make) => {
    const remedy = expect.stringMatching(/ssh-keygen -[tp] /);
    expect(parseSshKey(readFileSync(make(), 'utf8'))).toEqual({ kind: 'refused', message, remedy });
  });

  it.each(TYPES.map((args) => [args]))('of %j that is cut anywhere is refused and never throws', (args) => {
    const lines = readFileSync(keys.make(args), 'utf8').trimEnd().split('\n');
    const whole = Buffer.from(lines.slice(1, -1).join(''), 'base64');
    const written = (bytes: Uint8Array) => [lines[0], Buffer.from(bytes).toString('base64'), lines.at(-1)].join('\n');
    expect(parseSshKey(written(whole))).toMatchObject({ kind: 'key' });
    const ends = Array.from({ length: whole.length }, (_, at) => at);
    const read = ends.filter((end) => parseSshKey(written(whole.subarray(0, end))).kind === 'key');
    expect(read).toEqual([]);
  });
});
