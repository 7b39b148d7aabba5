import { expect, it } from 'vitest';
import { judgeWebhook } from '../../../src/cli/setup/webhook-look.ts';
import type { Hook, HookDelivery } from '../../../src/githost/github/hooks.ts';

const hook: Hook = {
  id: 7,
  url: 'https://abc.lambda-url.eu-west-1.on.aws/webhooks/fleet',
  contentType: 'json',
  events: ['push'],
  isActive: true,
  isTlsVerified: true,
};

function judge(hooks: readonly Hook[], last: Partial<HookDelivery> | null = null) {
  const delivery = { id: 'a', event: 'push', deliveredAtMs: 0, statusCode: 202, status: 'OK', ...last };
  return judgeWebhook({
    repository: 'fleet',
    fullName: 'acme/fleet',
    hooks,
    deliveriesOf: async () => (last === null ? [] : [delivery]),
  });
}

it('is content with a webhook whose last delivery was taken, and with a new one', async () => {
  expect(await judge([hook], {})).toBe('webhook 7, the last delivery was taken');
  expect(await judge([hook])).toBe('webhook 7, nothing was delivered yet');
});

it.each<[string, readonly Hook[], RegExp]>([
  ['none', [], /none leads to \/webhooks\/fleet/],
  ['one of another repository', [{ ...hook, url: 'https://x.example/webhooks/fleet-2' }], /none leads to/],
  ['one whose address only looks alike', [{ ...hook, url: 'https://x.example/?/webhooks/fleet' }], /none leads to/],
  ['one that is off', [{ ...hook, isActive: false }], /switched off/],
  ['a form', [{ ...hook, contentType: 'form' }], /content type is form/],
  ['other events', [{ ...hook, events: ['issues'] }], /does not send push/],
  ['TLS that is not verified', [{ ...hook, isTlsVerified: false }], /does not verify TLS/],
])('finds %s, and says that connect mends it', async (_what, hooks, message) => {
  await expect(judge(hooks, {})).rejects.toMatchObject({
    message: expect.stringMatching(message) as string,
    remedy: 'Run headgate connect fleet: it mends the webhook.',
  });
});

it.each<[number, string, RegExp, RegExp]>([
  [401, 'Invalid HTTP Response: 401', /signed with another secret/, /sets the secret again/],
  [404, 'Invalid HTTP Response: 404', /does not know there/, /Deploy this headgate.yml/],
  [413, 'Invalid HTTP Response: 413', /failed: Invalid HTTP Response: 413/, /the sweep finds it/],
  [503, 'Invalid HTTP Response: 503', /failed: Invalid HTTP Response: 503/, /log of the webhook function/],
  [0, 'failed to connect to host', /failed to connect/, /is reached from the Git host/],
])('reads what went wrong from the last delivery: %i', async (statusCode, status, message, remedy) => {
  await expect(judge([hook], { statusCode, status })).rejects.toMatchObject({
    message: expect.stringMatching(message) as string,
    remedy: expect.stringMatching(remedy) as string,
  });
});

it('takes every event for push events', async () => {
  expect(await judge([{ ...hook, events: ['*'] }], {})).toContain('taken');
});
