import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubeconfigAccess } from '../../../src/platforms/local/kubeconfig.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-kubeconfig-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const refuseToRead = () => Promise.reject(new Error('a kubeconfig in a file needs no secret'));

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function access({
  cluster = {},
  user = {},
  contexts = ['one'],
  context = null as string | null,
  pluginMs = 20_000,
}: { pluginMs?: number; cluster?: object; user?: object; contexts?: readonly string[]; context?: string | null } = {}) {
  const path = join(directory, 'kubeconfig');
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': base64('CA'), ...cluster },
        },
      ],
      users: [{ name: 'u', user }],
      contexts: contexts.map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
    }),
  );
  return kubeconfigAccess(
    { kind: 'kubeconfig', name: 'lab', path, secret: null, context, insecure: false },
    { env: {}, readSecret: refuseToRead, pluginMs },
  );
}

const configOf = (server: string) =>
  JSON.stringify({
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 'hunter2' } }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
  });

describe('a kubeconfig', () => {
  it('provides a client certificate', async () => {
    const found = await access({
      user: { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
    });
    expect(found).toEqual({
      server: 'https://10.0.0.1:6443',
      ca: 'CA',
      tlsServerName: null,
      clientCertificate: { cert: 'CERT', key: 'KEY' },
      token: null,
      renew: null,
    });
  });

  it('provides a token', async () => {
    const found = await access({ user: { token: 'hunter2' } });
    expect(await found.token?.(false)).toBe('hunter2');
  });

  it('runs an exec plugin, and runs it again when its token was rejected', async () => {
    const counter = join(directory, 'count');
    const script = join(directory, 'plugin.sh');
    await writeFile(counter, '');
    await writeFile(
      script,
      `#!/bin/sh\necho x >> ${counter}\nn=$(wc -l < ${counter})\necho "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"t$n\\"}}"\n`,
      { mode: 0o755 },
    );
    const found = await access({
      user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' } },
    });
    expect(await found.token?.(false)).toBe('t1');
    expect(await found.token?.(true)).toBe('t2');
  });

  it('gives up an exec plugin that hangs, and does not start another one next to it', async () => {
    const started = join(directory, 'started');
    const script = join(directory, 'hangs.sh');
    await writeFile(started, '');
    await writeFile(script, `#!/bin/sh\necho x >> ${started}\nexec sleep 2\n`, { mode: 0o755 });
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' };
    const found = await access({ user: { exec }, pluginMs: 300 });
    const hangs = { code: 'cluster-unreachable', message: 'the credentials plugin did not end within 0.3 s' };
    await expect(found.token?.(false)).rejects.toMatchObject(hangs);
    await expect(found.token?.(false)).rejects.toMatchObject(hangs);
    expect(await readFile(started, 'utf8')).toBe('x\n');
  });

  it('uses the named context or the only one, and never guesses', async () => {
    await expect(access({ contexts: ['one', 'two'] })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('one, two'),
    });
    await expect(access({ contexts: ['one', 'two'], context: 'three' })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    expect((await access({ contexts: ['one', 'two'], context: 'two' })).server).toBe('https://10.0.0.1:6443');
  });

  it.each([
    ['TLS that is not verified', { 'insecure-skip-tls-verify': true }],
    ['plain HTTP', { server: 'http://10.0.0.1:8080' }],
    ['a proxy', { 'proxy-url': 'http://proxy:3128' }],
  ])('is refused with %s', async (_what, cluster) => {
    await expect(access({ cluster })).rejects.toMatchObject({
      code: 'config-invalid',
      remedy: expect.stringMatching(/\w/),
    });
  });

  it('is named in the error when it does not exist', async () => {
    const gone = kubeconfigAccess(
      { kind: 'kubeconfig', name: 'lab', path: join(directory, 'gone'), secret: null, context: null, insecure: false },
      { env: {}, readSecret: refuseToRead },
    );
    await expect(gone).rejects.toMatchObject({ code: 'config-invalid', subject: join(directory, 'gone') });
  });

  it.each([
    ['a wrong indentation', 'users:\n- name: u\n  user:\n    token: hunter2\n   client: x\n', /YAML at line 5$/],
    ['an open quote, as when it is half written', 'users:\n- name: u\n  user:\n    token: "hunter2', /YAML at line 4$/],
    ['a key twice', 'users: [{ name: u, user: { token: hunter2, token: b } }]', /YAML at line 1$/],
    ['no map', 'hunter2', /^0 contexts/],
    ['a server that is not an address', configOf('https://u:hunter2@ x'), /is not an address$/],
    ['a password in an http address', configOf('http://u:hunter2@host/?key=hunter2'), /^http:\/\/host is not an https/],
  ])('is never quoted when it has %s', async (_what, text, message) => {
    const path = join(directory, 'kubeconfig');
    await writeFile(path, text);
    const cluster = { kind: 'kubeconfig', name: 'lab', path, secret: null, context: null, insecure: false } as const;
    const failed = await kubeconfigAccess(cluster, { env: {}, readSecret: refuseToRead }).catch(
      (thrown: unknown) => thrown,
    );
    expect(failed).toMatchObject({ code: 'config-invalid', message: expect.stringMatching(message) as string });
    expect(inspect(failed)).not.toContain('hunter2');
  });

  describe('in a secret', () => {
    const cluster = {
      kind: 'kubeconfig',
      name: 'lab',
      path: null,
      secret: { kind: 'env', name: 'LAB' },
      context: null,
      insecure: false,
    } as const;
    const from = (text: string) =>
      // A path that does not exist: the secret comes first.
      kubeconfigAccess(cluster, { env: { KUBECONFIG: '/gone' }, readSecret: async () => text });

    it('provides what a file provides, and is read again for a new token', async () => {
      await access({ user: { token: 'hunter2' } });
      let text = await readFile(join(directory, 'kubeconfig'), 'utf8');
      const found = await kubeconfigAccess(cluster, { env: {}, readSecret: async () => text });
      expect(found).toMatchObject({ server: 'https://10.0.0.1:6443', ca: 'CA' });
      expect(await found.token?.(false)).toBe('hunter2');
      text = text.replace('hunter2', 'renewed');
      expect(await found.token?.(true)).toBe('renewed');
    });

    it.each(['hunter2: [', 'hunter2', '{"token":"hunter2"}'])('is never quoted when it is %s', async (text) => {
      const failed = await from(text).catch((thrown: unknown) => thrown);
      expect(failed).toMatchObject({ code: 'config-invalid', subject: 'env:LAB' });
      expect(inspect(failed)).not.toContain('hunter2');
    });
  });
});
