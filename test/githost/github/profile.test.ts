import { describe, expect, it } from 'vitest';
import { githubApi } from '../../../src/githost/github/api.ts';
import { githubHooks } from '../../../src/githost/github/hooks.ts';
import { github } from '../../../src/githost/github/host.ts';
import { githubProfile } from '../../../src/githost/github/profile.ts';

describe('the profile of GitHub', () => {
  it.each([
    ['https://github.com/acme/fleet.git', 'https://api.github.com'],
    ['https://ghes.example/acme/fleet.git', 'https://ghes.example/api/v3'],
    ['https://ghes.example:8443/acme/fleet', 'https://ghes.example:8443/api/v3'],
  ])('finds the API of %s', (url, api) => {
    expect(githubProfile.apiOf(new URL(url))).toBe(api);
  });

  it.each([
    ['https://github.com/acme/fleet.git', 'acme/fleet'],
    ['https://github.com/acme/fleet/', 'acme/fleet'],
    ['https://github.com/acme', null],
    ['https://github.com/', null],
  ])('finds the full name in %s', (url, fullName) => {
    expect(githubProfile.fullNameOf(new URL(url))).toBe(fullName);
  });

  it('finds the id of a delivery in its header', () => {
    expect(githubProfile.deliveryIdOf({ 'x-github-delivery': 'an-id', 'x-gitea-delivery': 'other' })).toBe('an-id');
    expect(githubProfile.deliveryIdOf({})).toBeNull();
  });

  it('reads Git as the user that the token of an App requires', () => {
    expect(githubProfile.gitUser).toBe('x-access-token');
  });

  it('loads GitHub, its API and its webhooks', async () => {
    expect(await githubProfile.load()).toBe(github);
    expect(await githubProfile.loadApi()).toBe(githubApi);
    expect(await githubProfile.loadHooks?.()).toBe(githubHooks);
  });
});
