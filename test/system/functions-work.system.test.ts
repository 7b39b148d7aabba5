import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startHttpService } from '../app/channels/services.ts';
import type { HttpService } from '../app/channels/services.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';

const WITHIN = { timeout: 90_000, interval: 200 };

describe('the packaged functions, with channels', () => {
  let aws: AwsTestbed;
  let service: HttpService;
  beforeAll(async () => {
    service = await startHttpService();
    aws = await AwsTestbed.build({
      repository: { notify: ['team', 'topic'] },
      more: {
        channels: {
          team: { kind: 'slack', url: 'secretsmanager:slack' },
          topic: { kind: 'sns', topic: 'arn:aws:sns:eu-west-1:999988887777:deploys', events: ['refused'] },
        },
      },
    });
    aws.aws.secrets.set('slack', `${service.url}/planted-url-0123456789`);
  });
  afterAll(async () => {
    await aws.tearDown();
    await service.close();
  });

  it('send a message about a deploy by the work function, half a minute later and once, although the channel fails first', async () => {
    service.replies = [{ status: 503 }, { status: 503 }, { status: 503 }];
    const beganMs = Date.now();
    const pushed = await aws.testbed.push({ 'apps/a.yaml': configMap('a') });
    await aws.testbed.outcome(pushed, 'deployed');
    await aws.testbed.logged(({ message }) => message === 'not-notified-yet', 90_000);
    await vi.waitFor(() => expect(service.received.at(-1)?.body).toContain('deployed'), WITHIN);
    expect(Date.now() - beganMs).toBeGreaterThanOrEqual(30_000);
    await vi.waitFor(async () => expect(await aws.messagesIn('work')).toBe(0), WITHIN);
    expect(service.received).toHaveLength(4);
    const readers = aws.aws.requests.filter(
      ({ service: of, principal }) => of === 'secretsmanager' && principal?.includes('-work/'),
    );
    expect(readers.length).toBeGreaterThan(0);
  }, 200_000);

  it('publish on a topic of SNS with the role of the work function, and only what the channel wants', async () => {
    const refused = await aws.testbed.push({ 'apps/a.yaml': 'kind: [' });
    await aws.testbed.outcome(refused, 'refused');
    await vi.waitFor(() => expect(aws.aws.messages).toHaveLength(1), WITHIN);
    expect(aws.aws.messages[0]).toMatchObject({ service: 'sns', region: 'eu-west-1' });
    expect(decodeURIComponent(aws.aws.messages[0]?.body ?? '')).toContain(refused.slice(0, 7));
    const sender = aws.aws.requests.findLast(({ service: of }) => of === 'sns')?.principal;
    expect(sender).toContain('headgate-work/');
  }, 200_000);
});
