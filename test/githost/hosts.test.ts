import { describe, expect, it } from 'vitest';
import { gitUserOf, HOST_NAMES, hostApiOf, isHost, isPlannedHost, profileOf } from '../../src/githost/hosts.ts';
import type { RepositoryHost } from '../../src/githost/hosts.ts';

const HOSTS = HOST_NAMES as readonly RepositoryHost[];

describe('the list of Git hosts', () => {
  it('does not call a host that is supported a planned one', () => {
    expect(HOST_NAMES.length).toBeGreaterThan(0);
    expect(HOST_NAMES.filter((name) => isPlannedHost(name) || !isHost(name))).toEqual([]);
  });

  it.each(HOSTS)('has the profile of %s, and loads it', async (host) => {
    expect(profileOf({ host })).not.toBeNull();
    expect(await profileOf({ host })?.load()).toBeDefined();
    expect(await hostApiOf({ host })).not.toBeNull();
    expect(gitUserOf({ host })).not.toBe('');
  });

  it('has nothing to load for any other server', async () => {
    expect(isHost('git')).toBe(true);
    expect(profileOf({ host: 'git' })).toBeNull();
    expect(await hostApiOf({ host: 'git' })).toBeNull();
    expect(gitUserOf({ host: 'git' })).toBe('x-access-token');
  });

  it.each(['constructor', 'toString', '__proto__', 'GitHub', ''])('does not have "%s"', (name) => {
    expect(isHost(name)).toBe(false);
  });
});
