import { describe, expect, it } from 'vitest';
import { eksToken } from '../../../../src/platforms/aws/eks/eks-token.ts';
import type { AwsCredentials } from '../../../../src/platforms/aws/api/signature.ts';
import { asHttpRequest, signer } from '../../../rig/aws/signer.ts';

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const LONG_LIVED: AwsCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: "it's a +/=secret",
  sessionToken: null,
  expiresAtMs: null,
};
const SESSION: AwsCredentials = {
  ...LONG_LIVED,
  sessionToken: "a/session+token=='!*()~",
  expiresAtMs: NOW_MS + 3_600_000,
};

function make(change: { cluster?: string; region?: string; credentials?: AwsCredentials } = {}) {
  return eksToken({ cluster: 'prod', region: 'eu-west-1', credentials: LONG_LIVED, nowMs: NOW_MS, ...change });
}

function urlOf({ token }: { token: string }): URL {
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
}

/** The same URL, presigned by AWS's own signer. */
async function presigned(
  credentials: AwsCredentials,
  { region = 'eu-west-1', host = 'sts.eu-west-1.amazonaws.com' } = {},
) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) };
  const request = asHttpRequest({
    method: 'GET',
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host, 'x-k8s-aws-id': 'prod' },
  });
  const { query } = await signer(keys, { service: 'sts', region }).presign(request, {
    expiresIn: 60,
    signingDate: new Date(NOW_MS),
    unhoistableHeaders: new Set(['x-k8s-aws-id']),
  });
  return query ?? {};
}

describe('an EKS token', () => {
  it.each([
    ['long-lived credentials', LONG_LIVED],
    ['a session', SESSION],
  ])("signs a token of %s as AWS's own signer does", async (_name, credentials) => {
    const url = urlOf(make({ credentials }));
    expect(Object.fromEntries(url.searchParams)).toEqual(await presigned(credentials));
  });

  it('points a token to the regional STS endpoint by https, path /', () => {
    const { protocol, host, pathname, username, hash } = urlOf(make());
    expect({ protocol, host, pathname, username, hash }).toEqual({
      protocol: 'https:',
      host: 'sts.eu-west-1.amazonaws.com',
      pathname: '/',
      username: '',
      hash: '',
    });
  });

  it('gives a token exactly the query keys that the verifier knows, and a session token only in a session', () => {
    const keys = ['Action', 'Version', 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires'];
    const rest = ['X-Amz-Signature', 'X-Amz-SignedHeaders'];
    expect([...urlOf(make()).searchParams.keys()].toSorted()).toEqual([...keys, ...rest]);
    const inSession = [...urlOf(make({ credentials: SESSION })).searchParams.keys()].toSorted();
    expect(inSession).toEqual([...keys, 'X-Amz-Security-Token', ...rest]);
  });

  it('signs the host and the cluster name, so that a token is valid for no other cluster', () => {
    const { searchParams } = urlOf(make());
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
    expect(searchParams.get('X-Amz-Expires')).toBe('60');
    const other = urlOf(make({ cluster: 'staging' })).searchParams;
    expect(other.get('X-Amz-Signature')).not.toBe(searchParams.get('X-Amz-Signature'));
  });

  it('encodes a token as base64url without padding', () => {
    for (const cluster of ['a', 'ab', 'abc']) {
      expect(make({ cluster }).token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    }
  });

  it.each([
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
  ])("uses the STS domain of the region's partition in %s", async (region, host) => {
    const url = urlOf(make({ region }));
    expect(url.host).toBe(host);
    expect(Object.fromEntries(url.searchParams)).toEqual(await presigned(LONG_LIVED, { region, host: url.host }));
  });

  it('makes a token usable for 14 minutes, and never longer than its credentials', () => {
    expect(make().usableUntilMs).toBe(NOW_MS + 14 * 60_000);
    const soon = { ...SESSION, expiresAtMs: NOW_MS + 60_000 };
    expect(make({ credentials: soon }).usableUntilMs).toBe(NOW_MS + 60_000);
  });

  it('refuses a token that a long session token makes too long for the verifier', () => {
    const fits = (length: number) =>
      make({ credentials: { ...SESSION, sessionToken: 'x'.repeat(length) } }).token.length;
    expect(fits(1117)).toBeLessThan(4096);
    // Three bytes of the URL make four characters.
    const longest = 1117 + Math.floor((4095 - fits(1117)) / 4) * 3;
    expect(fits(longest)).toBeLessThan(4096);
    expect(() => fits(longest + 3)).toThrow('fewer than 4096');
  });
});
