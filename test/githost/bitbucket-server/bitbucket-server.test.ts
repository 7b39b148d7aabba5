import { describe, expect, it } from 'vitest';
import { bitbucketServerApi } from '../../../src/githost/bitbucket-server/api.ts';
import { bitbucketServerProfile } from '../../../src/githost/bitbucket-server/profile.ts';
import { bitbucketServerSetup } from '../../../src/githost/bitbucket-server/setup.ts';
import { aRevision } from '../builders.ts';
import { NEW } from '../conformance/host-case.ts';

describe('the URL of a repository on Bitbucket Data Center', () => {
  it.each([
    ['https://bitbucket.example.com/scm/acme/fleet.git', 'https://bitbucket.example.com', 'acme/fleet'],
    ['https://example.com:8443/git/bitbucket/scm/acme/fleet', 'https://example.com:8443/git/bitbucket', 'acme/fleet'],
    ['https://example.com/scm/scm/fleet.git', 'https://example.com', 'scm/fleet'],
    ['https://bitbucket.example.com/scm/~ann/fleet.git', 'https://bitbucket.example.com', '~ann/fleet'],
  ])('has the base of its API and its name in %s', (url, base, fullName) => {
    expect(bitbucketServerProfile.apiOf(new URL(url))).toBe(`${base}/rest/api/latest`);
    expect(bitbucketServerProfile.fullNameOf(new URL(url), 'fleet')).toBe(fullName);
  });

  it.each([
    'https://bitbucket.example.com/projects/ACME/repos/fleet',
    'https://bitbucket.example.com/acme/fleet.git',
    'https://bitbucket.example.com/scm/fleet.git',
  ])('is refused when it cannot be cloned from: %s', (url) => {
    expect(bitbucketServerProfile.fullNameOf(new URL(url), 'fleet')).toBeNull();
  });
});

describe('a build status of Bitbucket Data Center', () => {
  it('links to the commit, below the context path and for a user’s repository too', () => {
    const at = { api: 'https://example.com/bitbucket/rest/api/latest', fullName: '~ann/fleet' };
    const status = { state: 'success', context: 'headgate/shop', description: '' } as const;
    const { url, body } = bitbucketServerApi.statusRequest({ ...at, revision: aRevision(NEW) }, status);
    expect(url).toBe(`${at.api}/projects/~ann/repos/fleet/commits/${NEW}/builds`);
    expect(body).toContain(`"https://example.com/bitbucket/projects/~ann/repos/fleet/commits/${NEW}"`);
  });

  it('is set by an answer without content', () => {
    expect(bitbucketServerApi.isStatusSet({ status: 204, headers: {}, text: '' })).toBe(true);
  });
});

describe('a webhook that Bitbucket Data Center lists', () => {
  const { hooks, manualText } = bitbucketServerSetup;
  const hook = {
    id: 7,
    url: 'https://headgate.example.com/webhooks/fleet',
    active: true,
    events: ['repo:refs_changed'],
    sslVerificationRequired: true,
  };

  it.each([
    ['nothing', {}, []],
    ['that it is disabled', { active: false }, ['it is disabled']],
    ['missing push events', { events: ['pr:opened'] }, ['it does not send push events']],
    ['unverified TLS', { sslVerificationRequired: false }, ['it does not verify TLS']],
  ])('has %s as mistakes', (_what, change, mistakes) => {
    const listed = JSON.stringify({ values: [{ ...hook, ...change }] });
    expect(hooks?.parseHooks(listed, { pullRequests: false })).toEqual([{ id: '7', url: hook.url, mistakes }]);
  });

  it('has its newest delivery, or none, in its log', () => {
    const latest = (outcome: string, description: string) =>
      hooks?.log?.parse(JSON.stringify({ event: 'repo:refs_changed', finish: 9, result: { outcome, description } }));
    const delivery = { id: '9', event: 'repo:refs_changed' };
    expect(latest('SUCCESS', '202')).toEqual([{ ...delivery, statusCode: 202, status: '202' }]);
    expect(latest('FAILURE', '401')).toEqual([{ ...delivery, statusCode: 401, status: '401' }]);
    expect(latest('ERROR', 'connect timed out')).toEqual([{ ...delivery, statusCode: 0, status: 'connect timed out' }]);
    expect(hooks?.log?.parse('')).toEqual([]);
  });

  it('is added by hand on the page of the repository', () => {
    const repository = { url: 'https://example.com/bitbucket/scm/acme/fleet.git', fullName: 'acme/fleet' };
    expect(manualText({ ...repository, pullRequests: false }, hook.url)).toContain(
      '  https://example.com/bitbucket/plugins/servlet/webhooks/projects/acme/repos/fleet\n',
    );
  });
});
