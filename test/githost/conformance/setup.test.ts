import { describe, expect, it } from 'vitest';
import { hostOf } from '../../../src/githost/hosts.ts';
import type { HostApi } from '../../../src/githost/port/host-api.ts';
import { profileOf } from '../../../src/githost/profiles.ts';
import { aRevision } from '../builders.ts';
import { CASES } from './cases.ts';
import { NEW } from './host-case.ts';
import type { HostCase, Lack } from './host-case.ts';

const STATES = ['pending', 'success', 'failure', 'error'] as const;
const WEBHOOK = { url: 'https://headgate.example.com/webhooks/fleet', secret: 'planted-secret', pullRequests: false };

async function apiOf({ host, api }: HostCase): Promise<{ readonly host: HostApi; readonly base: string } | null> {
  const loaded = await hostOf({ host }).loadApi?.();
  return loaded === undefined || api === null ? null : { host: loaded, base: api };
}

describe.each(CASES)('a repository on $name', (host) => {
  const lacks = (lack: Lack) => host.lacks.includes(lack);

  it('has its name and its API in its URL', () => {
    const { apiOf: base, fullNameOf } = profileOf(host.host);
    for (const url of [host.url, host.url.replace(/\.git$/, ''), `${host.url}/`]) {
      expect(fullNameOf(new URL(url), 'fleet')).toBe(host.fullName);
      expect(base(new URL(url))).toBe(host.api);
    }
  });

  it('is found by its example, and Git is read from it as a user', () => {
    const { fullNameOf, exampleUrl } = profileOf(host.host);
    expect(fullNameOf(new URL(exampleUrl), 'fleet')).not.toBeNull();
    expect(hostOf(host).gitUser).not.toBe('');
  });

  it('shows every commit status in one request to its API, and nothing where it has none', async () => {
    const api = await apiOf(host);
    expect(api === null).toBe(lacks('statuses'));
    if (api === null) return;
    const at = { api: api.base, fullName: host.fullName, revision: aRevision(NEW) };
    for (const state of STATES) {
      const status = { state, context: 'headgate/shop', description: `${'x'.repeat(138)}😀😀` };
      const request = api.host.statusRequest(at, status);
      expect(request.url.startsWith(`${api.base}/`)).toBe(true);
      expect(request.url).toContain(NEW);
      expect(request.body).toContain(host.statusName ?? 'headgate/shop');
      expect(request.body).toContain(`"${'x'.repeat(138)}…"`);
    }
  });

  it('never addresses another path of the API by its name', async () => {
    const api = await apiOf(host);
    const names = ['..', './fleet', 'acme/..', 'acme', 'acme/', '/fleet', 'acme/%2e%2e', 'acme/x?y', ''];
    if (host.hasSpaces !== true) names.push('acme/a b');
    for (const fullName of api === null ? [] : names) {
      const at = { api: api?.base ?? '', fullName, revision: aRevision(NEW) };
      const status = { state: 'success', context: 'headgate/shop', description: '' } as const;
      expect(() => api?.host.statusRequest(at, status)).toThrow('not a valid');
    }
  });

  it('accepts a status that was created, and not one that was refused', async () => {
    const api = await apiOf(host);
    const isSet = (status: number) => api?.host.isStatusSet({ status, headers: {}, text: '{"message":"no"}' }) ?? false;
    const codes = [201, 301, 400, 401, 403, 404, 422, 429, 500];
    expect(codes.filter((status) => isSet(status))).toEqual(lacks('statuses') ? [] : [201]);
  });

  it('finds a rate limit, and no other refusal, in a 429', async () => {
    const api = await apiOf(host);
    const limitOf = (status: number) => api?.host.rateLimitOf({ status, headers: {}, text: '{}' }) ?? null;
    const codes = [201, 400, 401, 403, 404, 422, 429, 500];
    expect(codes.filter((status) => limitOf(status) !== null)).toEqual(lacks('statuses') ? [] : [429]);
  });

  it('gives a webhook the secret and pushes only, over its API or by hand', async () => {
    const { hooks, manualText } = await hostOf(host).loadSetup();
    expect(hooks === null).toBe(lacks('hook-api'));
    const text = manualText({ url: host.url, fullName: host.fullName, pullRequests: false }, WEBHOOK.url);
    expect(text).toContain(WEBHOOK.url);
    if (hooks === null || host.api === null) return;
    const at = { api: host.api, fullName: host.fullName };
    const created = hooks.createRequest(at, WEBHOOK);
    const updated = hooks.updateRequest(at, '7', WEBHOOK);
    for (const { url, body } of [created, updated]) {
      expect(url.startsWith(`${host.api}/`)).toBe(true);
      expect(body).toContain(JSON.stringify(WEBHOOK.url));
      expect(body).toContain(JSON.stringify(WEBHOOK.secret));
    }
    expect(hooks.testRequest === null).toBe(lacks('test-delivery'));
    expect(hooks.testRequest?.(at, '7').url ?? '/7/').toContain('/7/');
    expect(hooks.log === null).toBe(lacks('delivery-log'));
  });
});
