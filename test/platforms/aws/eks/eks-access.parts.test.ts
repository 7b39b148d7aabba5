import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assumeRole } from '../../../../src/platforms/aws/api/assume-role.ts';
import { environmentCredentials } from '../../../../src/platforms/aws/api/credentials.ts';
import { eksAccesses } from '../../../../src/platforms/aws/eks/eks-access.ts';
import type { EksAccessOptions, EksCluster } from '../../../../src/platforms/aws/eks/eks-access.ts';
import { openAws } from '../../../../src/platforms/aws/api/request.ts';
import type { Aws } from '../../../../src/platforms/aws/api/request.ts';
import { REGION, startAws } from '../../../rig/aws/aws.ts';
import type { AwsServer } from '../../../rig/aws/aws.ts';

const ROLE = 'arn:aws:iam::111122223333:role/headgate/shop';
const USER = 'arn:aws:sts::999988887777:assumed-role/deploy/fn';
const cluster: EksCluster = {
  kind: 'eks',
  name: 'prod',
  cluster: 'prod-eks',
  region: REGION,
  role: ROLE,
  readRole: null,
  externalId: 'the external id',
};
const shop = { name: 'shop', role: null };

let server: AwsServer;
let aws: Aws;
let nowMs: number;

function accesses(options: Partial<EksAccessOptions> = {}) {
  const { accessKeyId, secretAccessKey } = server.addUser(USER);
  const credentials = environmentCredentials({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  const wait = (ms: number) => pause(Math.min(ms, 5));
  aws = openAws({ credentials, env: server.env, nowMs: () => nowMs, wait });
  return eksAccesses({ aws, credentials, nowMs: () => nowMs, ...options });
}

const countOf = (action: string) => server.requests.filter((request) => request.action === action).length;

beforeEach(async () => {
  nowMs = Date.now();
  server = await startAws(() => nowMs);
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  server.roles.set(ROLE, { trusts: USER, externalId: 'the external id' });
  server.clusters.set('prod-eks', { endpoint: 'https://prod.example', ca: 'CA ONE' });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  aws.close();
  await server.close();
});

describe('access to an EKS cluster', () => {
  it('assumes the role of the target in a session named after the target', async () => {
    const access = await accesses()(cluster, shop);
    expect(access).toMatchObject({ server: 'https://prod.example', ca: 'CA ONE' });
    const token = await access.token(false);
    const session = 'arn:aws:sts::111122223333:assumed-role/shop/headgate-shop';
    expect(await server.whoIs(token, 'prod-eks')).toBe(session);
    expect(await server.whoIs(token, 'another')).toBeNull();
    expect(server.requests).toMatchObject([
      { action: 'AssumeRole', principal: USER },
      { action: 'DescribeCluster', principal: session },
    ]);
  });

  it('reads endpoint, session and token once for concurrent callers', async () => {
    const accessOf = accesses();
    const tokens = await Promise.all(
      Array.from({ length: 20 }, async () => (await accessOf(cluster, shop)).token(false)),
    );
    expect(new Set(tokens).size).toBe(1);
    expect(server.requests).toHaveLength(2);
  });

  it('assumes a role once for all of its targets and clusters where they share a session, as in a sweep', async () => {
    const accessOf = accesses({ sessionName: 'headgate-sweep' });
    server.clusters.set('lab-eks', { endpoint: 'https://lab.example', ca: 'CA' });
    const lab = { ...cluster, name: 'lab', cluster: 'lab-eks' };
    const tokens = await Promise.all(
      Array.from({ length: 100 }, async (_none, n) =>
        (await accessOf(n % 2 === 0 ? cluster : lab, { name: `shop-${n}`, role: null })).token(false),
      ),
    );
    expect(countOf('AssumeRole')).toBe(1);
    expect(new Set(tokens).size).toBe(2);
    expect(await server.whoIs(tokens[1] ?? '', 'lab-eks')).toContain('/shop/headgate-sweep');
  });

  it('gets the sessions of hundreds of roles, twenty at a time, however long the last one waits for its turn', async () => {
    const roles = Array.from({ length: 400 }, (_none, n) => `arn:aws:iam::111122223333:role/headgate/r${n}`);
    for (const role of roles) server.roles.set(role, { trusts: USER, externalId: 'the external id' });
    server.assumeMs = 8;
    accesses();
    const calls = roles.map((role) => {
      const session = { role, sessionName: 'headgate-shop', externalId: 'the external id', region: REGION };
      return assumeRole(session, aws, new AbortController().signal);
    });
    const sessions = await Promise.allSettled(calls);
    expect(sessions.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(server.mostConnections()).toBe(20);
  });

  it('reads with the read role of a cluster, whatever role its targets have, and only where it is meant to read', async () => {
    const readRole = 'arn:aws:iam::111122223333:role/headgate/shop-read';
    server.roles.set(readRole, { trusts: USER, externalId: 'the external id' });
    const reads = accesses({ sessionName: 'headgate-sweep', isReader: true });
    const writes = accesses();
    const whoIs = async (access: Promise<{ token(isRetry: boolean): Promise<string> }>) =>
      server.whoIs(await (await access).token(false), 'prod-eks');
    const both = { ...cluster, readRole };
    expect(await whoIs(reads(both, { name: 'shop', role: ROLE }))).toContain('/shop-read/headgate-sweep');
    expect(await whoIs(reads(cluster, shop))).toContain('/shop/headgate-sweep');
    expect(await whoIs(writes(both, shop))).toContain('/shop/headgate-shop');
  });

  it('assumes roles in the region of the function, wherever the cluster is', async () => {
    const accessOf = accesses({ home: 'eu-central-1' });
    await accessOf(cluster, shop);
    expect(server.requests).toMatchObject([
      { action: 'AssumeRole', region: 'eu-central-1' },
      { action: 'DescribeCluster', region: REGION },
    ]);
  });

  it('prefers the role of the target to that of the cluster, and assumes none when neither is set', async () => {
    const own = 'arn:aws:iam::111122223333:role/own';
    server.roles.set(own, { trusts: USER, externalId: 'the external id' });
    const accessOf = accesses();
    const token = await (await accessOf(cluster, { name: 'shop', role: own })).token(false);
    expect(await server.whoIs(token, 'prod-eks')).toContain('/own/headgate-shop');
    const bare = await (await accessOf({ ...cluster, name: 'bare', role: null }, shop)).token(false);
    expect(await server.whoIs(bare, 'prod-eks')).toBe(USER);
  });

  it('creates a new token from the same session after 14 minutes, and a new session before the old one expires', async () => {
    const access = await accesses()(cluster, shop);
    const first = await access.token(false);
    nowMs += 14 * 60_000 - 1;
    expect(await access.token(false)).toBe(first);
    nowMs += 1;
    expect(await access.token(false)).not.toBe(first);
    expect(countOf('AssumeRole')).toBe(1);
    nowMs += 46 * 60_000;
    const last = await access.token(false);
    expect(countOf('AssumeRole')).toBe(2);
    expect(last).not.toBe(first);
  });

  it('renews session and token once for all requests that were refused together', async () => {
    const access = await accesses()(cluster, shop);
    const first = await access.token(false);
    server.revokeSessions();
    nowMs += 60_000;
    const again = await Promise.all([access.token(true), access.token(true), access.token(true)]);
    expect(new Set(again).size).toBe(1);
    expect(again[0]).not.toBe(first);
    expect(countOf('AssumeRole')).toBe(2);
  });

  it('reads the endpoint again when its certificate did not verify, and caches the answer', async () => {
    const accessOf = accesses();
    const access = await accessOf(cluster, shop);
    server.clusters.set('prod-eks', { endpoint: 'https://prod.example', ca: 'CA ONE\nCA TWO' });
    expect((await accessOf(cluster, shop)).ca).toBe('CA ONE');
    const renewed = await Promise.all([access.renew(), access.renew()]);
    expect(renewed.map(({ ca }) => ca)).toEqual(['CA ONE\nCA TWO', 'CA ONE\nCA TWO']);
    expect((await accessOf(cluster, shop)).ca).toBe('CA ONE\nCA TWO');
    expect(countOf('DescribeCluster')).toBe(2);
  });

  it('reads the endpoint again with a new session when the one that it has was revoked', async () => {
    const accessOf = accesses();
    const access = await accessOf(cluster, shop);
    server.revokeSessions();
    server.clusters.set('prod-eks', { endpoint: 'https://prod.example', ca: 'CA TWO' });
    expect((await access.renew()).ca).toBe('CA TWO');
    expect(countOf('AssumeRole')).toBe(2);
  });

  it('reports which role cannot be assumed, and a remedy', async () => {
    const wrong = accesses()({ ...cluster, externalId: null }, shop);
    await expect(wrong).rejects.toMatchObject({
      code: 'aws-unauthorized',
      subject: ROLE,
      message: expect.stringContaining('AccessDenied'),
      remedy: expect.stringContaining('no external id'),
    });
  });

  it('reports a cluster that does not exist, and reads it again the next time', async () => {
    const accessOf = accesses();
    server.clusters.clear();
    await expect(accessOf(cluster, shop)).rejects.toMatchObject({
      code: 'aws-unauthorized',
      subject: `EKS cluster prod-eks in ${REGION}`,
    });
    server.clusters.set('prod-eks', { endpoint: 'https://prod.example', ca: 'CA' });
    expect((await accessOf(cluster, shop)).ca).toBe('CA');
  });

  it('retries two failures of AWS, and gives up after three', async () => {
    const accessOf = accesses();
    server.faults = [503, 0];
    expect((await accessOf(cluster, shop)).ca).toBe('CA ONE');
    server.faults = [503, 503, 503];
    await expect(accessOf({ ...cluster, name: 'other' }, shop)).rejects.toMatchObject({ code: 'aws-unreachable' });
  });
});
