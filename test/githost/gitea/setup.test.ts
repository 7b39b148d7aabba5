import { describe, expect, it } from 'vitest';
import { giteaSetup, setupOf } from '../../../src/githost/gitea/setup.ts';

/** As Gitea 1.26.0 lists it. */
const HOOK = {
  id: 7,
  type: 'gitea',
  branch_filter: '*',
  config: { content_type: 'json', url: 'https://headgate.example.com/webhooks/fleet' },
  events: ['delete', 'push'],
  authorization_header: '',
  active: true,
};

describe('a webhook that Gitea lists', () => {
  it.each([
    ['nothing', HOOK, []],
    ['that it is disabled', { ...HOOK, active: false }, ['it is disabled']],
    [
      'form encoding',
      { ...HOOK, config: { ...HOOK.config, content_type: 'form' } },
      ['its content type is form instead of json'],
    ],
    ['missing push events', { ...HOOK, events: ['delete'] }, ['it does not send push events']],
    ['missing delete events', { ...HOOK, events: ['push'] }, ['it does not send delete events']],
    ['a branch filter', { ...HOOK, branch_filter: 'release/*' }, ['its branch filter is "release/*"']],
  ])('has %s as mistakes', (_what, hook, mistakes) => {
    expect(giteaSetup.hooks?.parseHooks(JSON.stringify([hook]), { pullRequests: false })).toEqual([
      { id: '7', url: HOOK.config.url, mistakes },
    ]);
  });

  it('has the type of its host', () => {
    const at = { api: 'https://codeberg.org/api/v1', fullName: 'acme/fleet' };
    const settings = { url: HOOK.config.url, secret: 'a secret', pullRequests: false };
    const typeOf = (host: 'gitea' | 'forgejo') =>
      JSON.parse(setupOf(host).hooks?.createRequest(at, settings).body ?? '') as unknown;
    expect(typeOf('gitea')).toMatchObject({ type: 'gitea', events: ['push', 'delete'] });
    expect(typeOf('forgejo')).toMatchObject({ type: 'forgejo' });
  });
});

it('a webhook on Gitea without the events of pull requests is a mistake only where they are planned', () => {
  const mistakesOf = (hook: object, pullRequests: boolean) =>
    giteaSetup.hooks?.parseHooks(JSON.stringify([hook]), { pullRequests })[0]?.mistakes;
  const mistakes = ['pull_request', 'pull_request_sync', 'pull_request_label', 'pull_request_comment'].map(
    (event) => `it does not send ${event} events`,
  );
  expect(mistakesOf(HOOK, false)).toEqual([]);
  expect(mistakesOf(HOOK, true)).toEqual(mistakes);
  expect(
    mistakesOf(
      {
        ...HOOK,
        events: ['push', 'delete', 'pull_request', 'pull_request_sync', 'pull_request_label', 'pull_request_comment'],
      },
      true,
    ),
  ).toEqual([]);
});
