import { describe, expect, it } from 'vitest';
import { gitlabSetup } from '../../../src/githost/gitlab/setup.ts';

const URL = 'https://headgate.example.com/webhooks/fleet';
const HOOK = {
  id: 7,
  url: URL,
  push_events: true,
  push_events_branch_filter: '',
  enable_ssl_verification: true,
  alert_status: 'executable',
  signing_token_present: true,
};

describe('a webhook that GitLab lists', () => {
  it.each([
    ['nothing', HOOK, []],
    ['nothing, in an older version', { id: 7, url: URL, push_events: true, enable_ssl_verification: true }, []],
    [
      'that it is disabled for a time',
      { ...HOOK, alert_status: 'temporarily_disabled' },
      ['it is temporarily disabled, after deliveries that failed'],
    ],
    ['that it is disabled', { ...HOOK, alert_status: 'disabled' }, ['it is disabled, after deliveries that failed']],
    ['missing push events', { ...HOOK, push_events: false }, ['it does not send push events']],
    ['a branch filter', { ...HOOK, push_events_branch_filter: 'main' }, ['its branch filter is "main"']],
    ['unverified TLS', { ...HOOK, enable_ssl_verification: false }, ['it does not verify TLS']],
  ])('has %s as mistakes', (_what, hook, mistakes) => {
    expect(gitlabSetup.hooks?.parseHooks(JSON.stringify([hook]), { pullRequests: false })).toEqual([
      { id: '7', url: URL, mistakes },
    ]);
  });

  it('has a mistake when its version ignored the signing token', () => {
    const parse = (secret: string, isPresent?: boolean) =>
      gitlabSetup.hooks?.parseHook(JSON.stringify({ ...HOOK, signing_token_present: isPresent }), {
        url: URL,
        secret,
        pullRequests: false,
      }).mistakes;
    expect(parse('whsec_AAAA', true)).toEqual([]);
    expect(parse('an old token')).toEqual([]);
    expect(parse('whsec_AAAA', false)).toEqual([expect.stringContaining('needs GitLab 19.0')]);
    expect(parse('whsec_AAAA')).toEqual([expect.stringContaining('needs GitLab 19.0')]);
  });

  it('gives each kind of secret to the field that has it', () => {
    const at = { api: 'https://gitlab.com/api/v4', fullName: 'acme/platform/fleet' };
    const request = (secret: string) => gitlabSetup.hooks?.createRequest(at, { url: URL, secret, pullRequests: false });
    expect(request('whsec_AAAA')?.url).toBe('https://gitlab.com/api/v4/projects/acme%2Fplatform%2Ffleet/hooks');
    expect(JSON.parse(request('whsec_AAAA')?.body ?? '')).toMatchObject({ signing_token: 'whsec_AAAA' });
    expect(JSON.parse(request('an old token')?.body ?? '')).toMatchObject({ token: 'an old token' });
  });
});

it('reads how the receiver answered each delivery that GitLab lists', () => {
  const delivery = { id: 3, url: URL, trigger: 'push_hooks', execution_duration: 0.1 };
  const log = [
    { ...delivery, response_status: '202' },
    { ...delivery, response_status: 'internal error' },
  ];
  expect(gitlabSetup.hooks?.log?.parse(JSON.stringify(log))).toEqual([
    { id: '3', event: 'push_hooks', statusCode: 202, status: '202' },
    { id: '3', event: 'push_hooks', statusCode: 0, status: 'internal error' },
  ]);
});

it('a webhook on GitLab without the events of pull requests is a mistake only where they are planned', () => {
  const mistakesOf = (hook: object, pullRequests: boolean) =>
    gitlabSetup.hooks?.parseHooks(JSON.stringify([hook]), { pullRequests })[0]?.mistakes;
  const mistakes = ['it does not send merge request events', 'it does not send comments'];
  expect(mistakesOf(HOOK, false)).toEqual([]);
  expect(mistakesOf(HOOK, true)).toEqual(mistakes);
  expect(mistakesOf({ ...HOOK, merge_requests_events: true, note_events: true }, true)).toEqual([]);
});
