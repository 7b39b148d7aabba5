import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Repository } from '../../../src/config/checked/config.ts';
import { appTokens } from '../../../src/app/githost/app-tokens.ts';
import type { AppCredentials } from '../../../src/app/githost/app-tokens.ts';
import type { TokenUse } from '../../../src/githost/port/token-issuer.ts';
import { startGitHost } from '../../rig/git-host/git-host.ts';
import type { GitHost } from '../../rig/git-host/git-host.ts';
import { aRepository } from '../../githost/builders.ts';

const signal = new AbortController().signal;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const credentials: AppCredentials = {
  kind: 'app',
  app: 'Iv1.client',
  installation: '678',
  privateKey: { kind: 'env', name: 'KEY' },
};

let directory = '';
let host: GitHost;
let fleet: Repository;
let nowMs: number;
let key: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-app-'));
  host = await startGitHost({ directory, token: 'none', nowMs: () => nowMs });
  host.apps.register({
    app: 'Iv1.client',
    installation: '678',
    publicKey,
    repositories: new Map([
      ['acme/fleet', 42],
      ['acme/other', 43],
    ]),
    permissions: { contents: 'read', statuses: 'write', pull_requests: 'write', deployments: 'write' },
  });
});
afterAll(async () => {
  await host.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  nowMs = Date.now();
  key = pem;
  host.apps.issued.length = 0;
  fleet = aRepository({ api: host.apiUrl, fullName: 'acme/fleet', id: null, statuses: true });
});

function tokens() {
  const tokenOf = appTokens({
    privateKeyOf: () => Promise.resolve(key),
    caOf: () => Promise.resolve(null),
    nowMs: () => nowMs,
    wait: () => Promise.resolve(),
  });
  return (repository = fleet, as = credentials, use: TokenUse = 'runs') =>
    tokenOf(repository, { credentials: as, use }, signal);
}

describe('an installation token', () => {
  it.each([
    ['its name', null],
    ['its id', '42'],
  ])('is limited to one repository, identified by %s, and to the permissions that are needed', async (_name, id) => {
    const token = await tokens()({ ...fleet, id });
    expect(host.apps.issued).toMatchObject([
      { token, repositories: ['acme/fleet'], permissions: { contents: 'read', statuses: 'write' } },
    ]);
    await tokens()({ ...fleet, id, statuses: false });
    expect(host.apps.issued[1]?.permissions).toEqual({ contents: 'read' });
    await tokens()({ ...fleet, id, pullRequests: { ...fleet.pullRequests, plan: true } });
    expect(host.apps.issued[2]?.permissions).toMatchObject({ pull_requests: 'write' });
  });

  it('is kept apart for each use, and may only do what that use needs', async () => {
    const tokenOf = tokens();
    const [runs, pulls] = [await tokenOf(), await tokenOf(fleet, credentials, 'pull-requests')];
    const deployments = await tokenOf(fleet, credentials, 'deployments');
    expect(new Set([runs, pulls, deployments]).size).toBe(3);
    expect(await tokenOf(fleet, credentials, 'deployments')).toBe(deployments);
    expect(host.apps.issued.map(({ permissions }) => permissions)).toEqual([
      { contents: 'read', statuses: 'write' },
      { contents: 'read', pull_requests: 'write' },
      { deployments: 'write' },
    ]);
  });

  it('is requested once for concurrent callers, and kept until five minutes before it expires', async () => {
    const tokenOf = tokens();
    const [first] = await Promise.all([tokenOf(), tokenOf(), tokenOf()]);
    const endsMs = host.apps.issued[0]?.expiresAtMs ?? 0;
    nowMs = endsMs - 5 * 60_000 - 1;
    expect(await tokenOf()).toBe(first);
    nowMs += 1;
    const again = await Promise.all([tokenOf(), tokenOf()]);
    expect(again[0]).not.toBe(first);
    expect(host.apps.issued).toHaveLength(2);
  });

  it('is signed with a key whose newlines are escaped', async () => {
    key = pem.replaceAll('\n', String.raw`\n`);
    expect(await tokens()()).toMatch(/^ghs_/);
  });

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'another App',
      () => tokens()(fleet, { ...credentials, app: 'other' }),
      { message: expect.stringContaining('401') },
    ],
    [
      'another installation',
      () => tokens()(fleet, { ...credentials, installation: '1' }),
      { message: expect.stringContaining('404') },
    ],
    [
      'a repository outside the installation',
      () => tokens()({ ...fleet, fullName: 'acme/none' }),
      { message: expect.stringContaining('422') },
    ],
  ])('is refused with a remedy: %s', async (_name, ask, problem) => {
    await expect(ask()).rejects.toMatchObject({ code: 'git-unauthorized', ...problem });
  });

  it('needs a key in PEM format, and the error does not show another value', async () => {
    key = 'planted-key';
    const problem = await tokens()().catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ code: 'secret-missing', subject: 'GitHub App Iv1.client' });
    expect(JSON.stringify(problem) + String(problem)).not.toContain('planted');
  });

  it('is requested again after two failures of GitHub, but not after three', async () => {
    host.faults = { api: { status: 503, times: 2 } };
    expect(await tokens()()).toMatch(/^ghs_/);
    host.faults = { api: { status: 0, times: 3 } };
    await expect(tokens()()).rejects.toMatchObject({ code: 'host-unreachable' });
    host.faults = {};
  });
});
