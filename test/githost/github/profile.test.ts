import { describe, expect, it } from 'vitest';
import { github } from '../../../src/githost/github/entry.ts';
import { githubProfile } from '../../../src/githost/github/profile.ts';

describe('the profile of GitHub', () => {
  it.each([
    ['https://github.com/acme/fleet.git', 'https://api.github.com'],
    ['https://acme.ghe.com/acme/fleet.git', 'https://api.acme.ghe.com'],
    ['https://ghes.example/acme/fleet.git', 'https://ghes.example/api/v3'],
    ['https://ghes.example:8443/acme/fleet', 'https://ghes.example:8443/api/v3'],
    ['https://notghe.com/acme/fleet', 'https://notghe.com/api/v3'],
  ])('finds the API of %s', (url, api) => {
    expect(githubProfile.apiOf(new URL(url))).toBe(api);
  });

  it.each([
    ['https://github.com/acme/fleet.git', 'acme/fleet'],
    ['https://github.com/acme/fleet/', 'acme/fleet'],
    ['https://github.com/acme', null],
    ['https://github.com/', null],
  ])('finds the full name in %s', (url, fullName) => {
    expect(githubProfile.fullNameOf(new URL(url), 'fleet')).toBe(fullName);
  });

  it('reads Git as the user that the token of an App requires', () => {
    expect(github.gitUser).toBe('x-access-token');
  });
});
