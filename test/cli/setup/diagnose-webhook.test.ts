import { expect, it } from 'vitest';
import { diagnoseWebhook } from '../../../src/cli/setup/diagnose-webhook.ts';
import type { Hook, HookDelivery } from '../../../src/githost/port/setup.ts';

const hook: Hook = {
  id: '7',
  url: 'https://abc.lambda-url.eu-west-1.on.aws/webhooks/fleet',
  mistakes: [],
};

function diagnose(hooks: readonly Hook[], last: Partial<HookDelivery> | null = null) {
  const delivery = { id: 'a', event: 'push', statusCode: 202, status: 'OK', ...last };
  return diagnoseWebhook({
    repository: 'fleet',
    fullName: 'acme/fleet',
    hooks,
    deliveriesOf: async () => (last === null ? [] : [delivery]),
  });
}

it('accepts a webhook whose last delivery succeeded, and one without deliveries', async () => {
  expect(await diagnose([hook], {})).toBe('webhook 7, last delivery succeeded');
  expect(await diagnose([hook])).toBe('webhook 7, no delivery has been seen from this repository yet');
});

it.each<[string, readonly Hook[], RegExp]>([
  ['a missing webhook', [], /no webhook points to \/webhooks\/fleet/],
  ['a webhook of another repository', [{ ...hook, url: 'https://x.example/webhooks/fleet-2' }], /no webhook points to/],
  [
    'a webhook whose URL only looks similar',
    [{ ...hook, url: 'https://x.example/?/webhooks/fleet' }],
    /no webhook points to/,
  ],
  [
    'a webhook that the host finds wrong',
    [{ ...hook, mistakes: ['it is disabled', 'it does not verify TLS'] }],
    /webhook 7: it is disabled, it does not verify TLS/,
  ],
])('detects %s, and suggests headgate connect', async (_what, hooks, message) => {
  await expect(diagnose(hooks, {})).rejects.toMatchObject({
    message: expect.stringMatching(message) as string,
    remedy: 'Run headgate connect fleet to fix the webhook.',
  });
});

it.each<[number, string, RegExp, RegExp]>([
  [401, 'Invalid HTTP Response: 401', /signed with a different secret/, /set the secret again/],
  [404, 'Invalid HTTP Response: 404', /does not know this repository/, /Deploy this headgate.yml/],
  [413, 'Invalid HTTP Response: 413', /failed: Invalid HTTP Response: 413/, /the sweep finds it/],
  [503, 'Invalid HTTP Response: 503', /failed: Invalid HTTP Response: 503/, /log of the webhook function/],
  [0, 'failed to connect to host', /failed to connect/, /the Git host can reach it/],
])('explains why the last delivery failed with status %i', async (statusCode, status, message, remedy) => {
  await expect(diagnose([hook], { statusCode, status })).rejects.toMatchObject({
    message: expect.stringMatching(message) as string,
    remedy: expect.stringMatching(remedy) as string,
  });
});

it('accepts a webhook whose deliveries the host does not list', async () => {
  const facts = { repository: 'fleet', fullName: 'acme/fleet', hooks: [hook], deliveriesOf: async () => null };
  expect(await diagnoseWebhook(facts)).toBe(
    'webhook 7; its deliveries are listed only in the settings of the repository',
  );
});
