import { describe, expect, it } from 'vitest';
import { hostOf } from '../../src/githost/hosts.ts';
import type { HostDefinition } from '../../src/githost/port/host.ts';
import { gitReceiver } from '../../src/githost/git/receiver.ts';
import { gitHost } from '../../src/toolkit/git-host.ts';
import type { GitHostOptions } from '../../src/toolkit/git-host.ts';
import { readConfig } from '../../src/toolkit/read-config.ts';
import type { Additions, ChannelDefinition } from '../../src/toolkit/read-config.ts';
import { file } from '../config/builders.ts';

const api: GitHostOptions['api'] = {
  authorizationOf: (token) => `Bearer ${token}`,
  statusRequest: ({ api: base }) => ({ method: 'POST', url: base, headers: {}, body: null }),
  isStatusSet: ({ status }) => status === 201,
};

function forge(change: Partial<GitHostOptions> = {}): HostDefinition {
  return gitHost({
    name: 'forge',
    receiver: gitReceiver,
    api,
    profile: {
      apiOf: ({ origin }) => `${origin}/api`,
      fullNameOf: ({ pathname }) => (pathname.startsWith('/p/') ? pathname.slice(3) : null),
      commitUrl: () => null,
      exampleUrl: 'https://forge.example.com/p/fleet',
      urlEnd: 'p/project',
      isSecretRequired: true,
    },
    ...change,
  });
}

const chat: ChannelDefinition = {
  kind: 'forge-chat',
  keys: { required: ['url'], optional: ['token'] },
  renderer: { together: 1, render: () => null },
};

const onForge = (lines = '') =>
  file({
    repository: `host: forge\n    url: https://forge.example.com/p/fleet\n    webhookSecret: env:S\n    credentials: env:T${lines}`,
  });
const withChannel = (lines: string) => `${onForge()}channels:\n  team: ${lines}\n`;

function read(text: string, additions: Additions) {
  return readConfig({ text, path: '/etc/headgate/headgate.yml' }, additions);
}

function errorsOf(text: string, additions: Additions): readonly string[] {
  const result = read(text, additions);
  return 'problems' in result ? result.problems.map(({ subject, message }) => `${subject} ${message}`) : [];
}

describe('headgate.yml, read with additions', () => {
  it('has repositories on a Git host from outside, with the addresses of its profile', () => {
    const host = forge();
    const result = read(onForge(), { hosts: [host] });
    if ('problems' in result) throw new Error(JSON.stringify(result.problems));
    const repository = result.config.repositories.get('fleet');
    expect(repository).toMatchObject({ api: 'https://forge.example.com/api', fullName: 'fleet', statuses: true });
    expect(repository && hostOf(repository)).toBe(host);
  });

  it.each([
    [
      'a host that is not among them',
      onForge(),
      {},
      'headgate.yml:6 host of repository fleet must be one of github, gitlab, gitea, forgejo, bitbucket, bitbucket-server, azure-devops, codecommit, git',
    ],
    [
      'a misspelled host, with their names',
      onForge().replace('host: forge', 'host: forg'),
      { hosts: [forge()] },
      'headgate.yml:6 host of repository fleet must be one of github, gitlab, gitea, forgejo, bitbucket, bitbucket-server, azure-devops, codecommit, git, forge',
    ],
    [
      'an address that the profile refuses',
      onForge().replace('/p/fleet', '/fleet'),
      { hosts: [forge()] },
      'headgate.yml:7 url of repository fleet does not end in p/project',
    ],
    [
      'statuses on a host without an API',
      onForge('\n    statuses: true'),
      { hosts: [forge({ api: null })] },
      'headgate.yml:10 statuses of repository fleet cannot be true with host: forge, which has no commit statuses',
    ],
    [
      'an App on a host without Apps',
      onForge().replace('env:T', '{ app: "1", installation: "2", privateKey: env:K }'),
      { hosts: [forge()] },
      'headgate.yml:9 credentials of repository fleet cannot be an App with host: forge',
    ],
    [
      'plans of pull requests',
      `key: env:K\n${onForge('\n    pullRequests: { plan: true }')}`,
      { hosts: [forge()] },
      'headgate.yml:11 pullRequests.plan of repository fleet cannot be true with host: forge, whose pull requests Headgate does not read',
    ],
    [
      'a kind of channel that is not among them',
      withChannel('{ kind: forge-chat, url: env:U }'),
      { hosts: [forge()] },
      'headgate.yml:17 kind of channel team is not a known kind of channel',
    ],
    [
      'a key that the kind of channel requires',
      withChannel('{ kind: forge-chat }'),
      { hosts: [forge()], channels: [chat] },
      'headgate.yml:17 url of channel team is missing',
    ],
    [
      'a key that the kind of channel does not have',
      withChannel('{ kind: forge-chat, url: env:U, topic: "arn:aws:sns:eu-west-1:111122223333:t" }'),
      { hosts: [forge()], channels: [chat] },
      'headgate.yml:17 topic of channel team cannot be used with kind: forge-chat',
    ],
  ])('is refused with %s', (_what, text, additions, error) => {
    expect(errorsOf(text, additions)).toEqual([error]);
  });

  it('has the channels of a kind from outside', () => {
    const text = withChannel('{ kind: forge-chat, url: env:U, token: env:T }');
    expect(errorsOf(text, { hosts: [forge()], channels: [chat] })).toEqual([]);
  });

  it.each<[string, Additions]>([
    ['github', { hosts: [forge({ name: 'github' })] }],
    ['codecommit', { hosts: [forge({ name: 'codecommit' })] }],
    ['forge', { hosts: [forge(), forge()] }],
    ['slack', { channels: [{ ...chat, kind: 'slack' }] }],
    ['forge-chat', { channels: [chat, chat] }],
  ])('does not accept an addition with the taken name %s', (name, additions) => {
    expect(() => read(onForge(), additions)).toThrow(`"${name}" is taken`);
  });
});
