import { describe, expect, it } from 'vitest';
import { githubSetup } from '../../../src/githost/github/setup.ts';

const CONFIG = { url: 'https://headgate.example.com/webhooks/fleet', content_type: 'json', insecure_ssl: '0' };
const HOOK = { id: 7, active: true, events: ['push'], config: CONFIG };

describe('a webhook that GitHub lists', () => {
  it.each([
    ['nothing', HOOK, []],
    ['nothing, when it sends all events', { ...HOOK, events: ['*'] }, []],
    ['that it is disabled', { ...HOOK, active: false }, ['it is disabled']],
    [
      'form encoding',
      { ...HOOK, config: { ...CONFIG, content_type: 'form' } },
      ['its content type is form instead of json'],
    ],
    ['missing push events', { ...HOOK, events: ['issues'] }, ['it does not send push events']],
    ['unverified TLS', { ...HOOK, config: { ...CONFIG, insecure_ssl: 1 } }, ['it does not verify TLS']],
  ])('has %s as mistakes', (_what, hook, mistakes) => {
    expect(githubSetup.hooks?.parseHooks(JSON.stringify([hook]), { pullRequests: false })).toEqual([
      { id: '7', url: CONFIG.url, mistakes },
    ]);
  });
});

it('a webhook on GitHub without the events of pull requests is a mistake only where they are planned', () => {
  const mistakesOf = (hook: object, pullRequests: boolean) =>
    githubSetup.hooks?.parseHooks(JSON.stringify([hook]), { pullRequests })[0]?.mistakes;
  const mistakes = ['it does not send pull_request events', 'it does not send issue_comment events'];
  expect(mistakesOf(HOOK, false)).toEqual([]);
  expect(mistakesOf(HOOK, true)).toEqual(mistakes);
  expect(mistakesOf({ ...HOOK, events: ['push', 'pull_request', 'issue_comment'] }, true)).toEqual([]);
});

it('lacks events of commit statuses only where promotions require them, and names them to people', () => {
  const wanted = { pullRequests: true, statuses: true };
  const hook = { ...HOOK, events: ['push', 'pull_request', 'issue_comment'] };
  const mistakes = githubSetup.hooks?.parseHooks(JSON.stringify([hook]), wanted)[0]?.mistakes;
  expect(mistakes).toEqual(['it does not send status events']);
  const repository = { url: 'https://github.com/acme/fleet.git', fullName: 'acme/fleet' };
  const text = (events: typeof wanted) => githubSetup.manualText({ ...repository, ...events }, CONFIG.url);
  expect(text(wanted)).toContain('individual events: Pushes, Pull requests, Issue comments and Statuses');
  expect(text({ pullRequests: false, statuses: true })).toContain('individual events: Pushes and Statuses');
  expect(text({ pullRequests: false, statuses: false })).toContain('Just the push event');
});
