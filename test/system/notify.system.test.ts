import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { HttpService } from '../app/channels/services.ts';
import { startHttpService } from '../app/channels/services.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
let service: HttpService;

beforeEach(async () => {
  service = await startHttpService();
  const channels = {
    team: { kind: 'slack', url: 'env:SLACK_URL' },
    hook: {
      kind: 'webhook',
      url: 'env:HOOK_URL',
      token: 'env:HOOK_SECRET',
      events: ['failed', 'refused', 'held', 'released'],
    },
  };
  testbed = await Testbed.build({
    targets: [{ notify: ['team', 'hook'] }, { name: 'plain', path: 'plain' }],
    channels,
    groupingMs: 2_000,
  });
  Object.assign(testbed.env, {
    USER: 'jo',
    SLACK_URL: `${service.url}/slack/planted-url-0123456789`,
    HOOK_URL: `${service.url}/hook/planted-url-0123456789`,
    HOOK_SECRET: 'planted-hook-secret-0123456789',
  });
  await testbed.start();
});

afterEach(async () => {
  await testbed.tearDown();
  await service.close();
});

const WITHIN = { timeout: 60_000, interval: 50 };
const at = (path: string) => service.received.filter((request) => request.path.startsWith(path));

it('a push is reported to the channels of its target once, and costs its run nothing', async () => {
  const deployed = async (v: string) => {
    const pushed = await testbed.push({ 'apps/a.yaml': configMap('a', { v }), 'plain/b.yaml': configMap('b', { v }) });
    return vi.waitFor(() => {
      const found = testbed.log.filter((line) => line['revision'] === pushed && line['verdict'] === 'deployed');
      expect(found).toHaveLength(2);
      return found;
    }, WITHIN);
  };
  // The first runs read the kinds of the cluster, and one of them may use what the other has read.
  await deployed('1');
  await vi.waitFor(() => expect(at('/slack')).toHaveLength(1), WITHIN);
  const outcomes = await deployed('2');
  const requestsOf = (name: string) => outcomes.find(({ target }) => target === name)?.['requests'];
  expect(requestsOf(testbed.namespace)).toEqual(requestsOf('plain'));

  await vi.waitFor(() => expect(at('/slack')).toHaveLength(2), WITHIN);
  for (const { body } of at('/slack')) {
    expect(body).toContain(`${testbed.namespace}: deployed`);
    expect(body).not.toContain('plain');
  }

  const refused = await testbed.push({ 'apps/a.yaml': 'kind: [' });
  await testbed.outcome(refused, 'refused');
  await vi.waitFor(() => expect(at('/hook')).toHaveLength(1), WITHIN);
  expect(JSON.parse(at('/hook')[0]?.body ?? '')).toMatchObject({
    specversion: '1.0',
    subject: testbed.namespace,
    data: { revision: refused },
  });
  await vi.waitFor(() => expect(at('/slack')).toHaveLength(3), WITHIN);
}, 200_000);

it('a channel that fails does not fail a run, a command or the next message', async () => {
  service.replies = [{ status: 404, body: 'no_service' }];
  const pushed = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
  await testbed.outcome(pushed, 'deployed');
  await testbed.logged(({ message, channel }) => message === 'not-notified' && channel === 'team', 60_000);
  const status = await testbed.headgate('status');
  expect([status.code, status.stderr]).toEqual([
    0,
    expect.stringContaining('slack did not accept the message: status 404: no_service'),
  ]);

  const held = await testbed.headgate('hold', testbed.namespace, '--reason', 'incident 4711');
  expect(held.code).toBe(0);
  expect(at('/hook').map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual(['dev.headgate.held']);
  expect(at('/slack').at(-1)?.body).toContain('incident 4711');

  const sent = await testbed.headgate('notify', 'test', 'team');
  expect([sent.code, sent.stdout]).toEqual([0, 'team: slack accepted the message\n']);
  service.replies = [{ status: 403, body: 'action_prohibited' }];
  const failed = await testbed.headgate('notify', 'test', 'hook');
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('env:HOOK_SECRET')]);
  const unknown = await testbed.headgate('notify', 'test', 'teem');
  expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('Did you mean team?')]);
  expect(await testbed.leaks()).toEqual([]);
  expect(JSON.stringify([status, held, sent, failed, testbed.log])).not.toContain('planted-url');
}, 200_000);
