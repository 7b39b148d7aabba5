import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startHttpService } from '../app/channels/services.ts';
import type { HttpService } from '../app/channels/services.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { deployment, tagsOf } from '../rig/testbed/deployment.ts';
import { FULL_NAME, SECRET, configMap } from '../rig/testbed/testbed.ts';

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

describe('the packaged functions, with images, a promotion and records in Git', () => {
  const STAGES = ['dev', 'prod'];
  const SOAK = '6s';
  const EVENT = {
    source: 'aws.ecr',
    'detail-type': 'ECR Image Action',
    account: '111122223333',
    region: 'eu-west-1',
    detail: { 'repository-name': 'acme/api', 'action-type': 'PUSH', result: 'SUCCESS', 'image-tag': '1.0.0' },
  };
  let aws: AwsTestbed;
  let registry: SmallRegistry;
  beforeAll(async () => {
    registry = await startSmallRegistry();
    const policy = { policy: { semver: '^1.0.0' }, debounce: '1s', interval: '1s' };
    const writes = [{ repository: 'fleet', branch: 'main', paths: ['apps/dev/**'] }];
    aws = await AwsTestbed.build({
      repository: { write: 'secretsmanager:fleet#write', record: 'refs' },
      targets: STAGES.map((stage) => ({ name: `NAMESPACE-${stage}`, path: `apps/${stage}`, wait: '30s' })),
      more: {
        images: [
          {
            name: 'web',
            image: `${registry.host}/acme/web`,
            webhook: { kind: 'signed', secret: 'ssm:/headgate/webhook' },
            ...policy,
            writes,
          },
          {
            name: 'api',
            image: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/api',
            credentials: 'ecr',
            ...policy,
            interval: '0s',
            writes: [{ ...writes[0], branch: 'images' }],
          },
        ],
        // No sweep of these tests looks at promotions.
        promotions: [
          {
            name: 'shop',
            stages: STAGES.map((stage) => `NAMESPACE-${stage}`),
            after: { soak: SOAK, statuses: [{ context: 'e2e' }] },
          },
        ],
      },
    });
  }, 60_000);
  afterAll(async () => {
    await aws.tearDown();
    await registry.close();
  });

  const running = () => tagsOf(STAGES, aws.testbed);

  /** The commit that gave the first stage the version. It has not been promoted: the status is missing. */
  async function awaited(tag: string): Promise<string> {
    await vi.waitFor(async () => expect(await running()).toMatch(new RegExp(`^${tag} `)), WITHIN);
    await aws.testbed.git('fetch', '-q', 'origin', 'main');
    const revision = await aws.testbed.git('rev-parse', 'FETCH_HEAD');
    const isIt = (line: { message: string; [key: string]: unknown }) =>
      line.message === 'promotion-waits' &&
      String(line['reason']).includes(`e2e is missing on ${revision.slice(0, 12)}`);
    await aws.testbed.logged(isIt, 60_000);
    await vi.waitFor(async () => expect(await aws.messagesIn('work')).toBe(0), WITHIN);
    expect(await running()).not.toBe(`${tag} ${tag}`);
    return revision;
  }

  /** Both stages have the version, each by a commit of its own, and Git has the refs of both. */
  async function moved(tag: string, from: string): Promise<void> {
    await vi.waitFor(async () => {
      expect(await running()).toBe(`${tag} ${tag}`);
      await aws.testbed.git('fetch', '-q', 'origin', '+refs/headgate/*:refs/remotes/headgate/*', 'main');
      expect(await aws.testbed.git('rev-list', '--count', `${from}..origin/main`)).toBe('2');
      const refs = STAGES.map((stage) => aws.testbed.git('rev-parse', `headgate/${aws.testbed.namespace}-${stage}`));
      const tip = await aws.testbed.git('rev-parse', 'origin/main');
      expect(await Promise.all(refs)).toContain(tip);
    }, WITHIN);
  }

  /** The end of the soak that the last look at the promotion has found. */
  async function soaksUntil(): Promise<number> {
    const isNewest = (line: { message: string; [key: string]: unknown }) =>
      line.message === 'promotion-waits' && Date.parse(endOf(line)) > Date.now();
    return Date.parse(endOf(await aws.testbed.logged(isNewest, 60_000)));
  }
  const endOf = (line: { [key: string]: unknown }) => /it soaks until (\S+)/.exec(String(line['reason']))?.[1] ?? '';

  it('write the version that a CI job announces, deploy it, promote it after its soak and its status without a sweep, and record what is deployed', async () => {
    registry.push('acme/web', '1.0.0');
    const first = await aws.testbed.push(
      Object.fromEntries(
        STAGES.map((stage) => [`apps/${stage}/web.yaml`, deployment(stage, `${registry.host}/acme/web:1.0.0`)]),
      ),
    );
    await vi.waitFor(async () => expect(await running()).toBe('1.0.0 1.0.0'), WITHIN);
    await soaksUntil();
    await vi.waitFor(async () => expect(await aws.messagesIn('work')).toBe(0), WITHIN);
    registry.push('acme/web', '1.1.0');
    const signature = `sha256=${createHmac('sha256', SECRET).update('{}').digest('hex')}`;
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
    const url = aws.webhookUrl.replace('/webhooks/fleet', '/images/web');
    const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
    expect([answer.status, await answer.json()]).toEqual([202, { queued: ['images/web'] }]);
    await vi.waitFor(async () => expect(await running()).toBe('1.1.0 1.0.0'), WITHIN);
    const untilMs = await soaksUntil();
    // The message that brought the readiness waits until then, and it alone.
    await vi.waitFor(async () => expect(await aws.messagesIn('work')).toBe(1), WITHIN);
    expect(Date.now()).toBeLessThan(untilMs);
    const revision = await awaited('1.1.0');
    const looked = aws.testbed.log.findLast(({ message }) => message === 'promotion-waits');
    const lateMs = Date.parse(String(looked?.['time'])) - untilMs;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(30_000);
    aws.testbed.host.addStatus(FULL_NAME, { sha: revision, state: 'success', context: 'other', creator: 'ci' });
    aws.testbed.host.addStatus(FULL_NAME, { sha: revision, state: 'failure', context: 'e2e', creator: 'ci' });
    aws.testbed.host.addStatus(FULL_NAME, { sha: revision, state: 'success', context: 'e2e', creator: 'ci' });
    await moved('1.1.0', first);
    const reasons = aws.testbed.log.filter(({ message, status }) => message === 'receive' && status === 200);
    expect(reasons.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['no promotion requires the status "other"', 'event "status"']),
    );
    expect(aws.testbed.log.filter(({ message }) => message === 'promoted')).toMatchObject([
      { stage: `${aws.testbed.namespace}-prod` },
    ]);
    await vi.waitFor(async () => expect(await aws.messagesIn('work')).toBe(0), WITHIN);
  }, 200_000);

  it('find a version that nothing has announced when the sweep polls', async () => {
    const before = await aws.testbed.git('rev-parse', 'origin/main');
    registry.push('acme/web', '1.2.0');
    await aws.functions.sweep.call({ drift: false });
    const sha = await awaited('1.2.0');
    aws.testbed.host.addStatus(FULL_NAME, { sha, state: 'success', context: 'e2e', creator: 'ci' });
    await moved('1.2.0', before);
    expect(await running()).toBe('1.2.0 1.2.0');
  }, 200_000);

  it('look at an image of ECR when EventBridge announces its push, and at none for another repository', async () => {
    const { testbed } = aws;
    const tree = await testbed.git('hash-object', '-t', 'tree', '-w', '/dev/null');
    const first = await testbed.git('commit-tree', tree, '-m', 'Begin');
    await testbed.git('push', '-q', 'origin', `${first}:refs/heads/images`);
    expect(await aws.functions.webhook.call(EVENT)).toEqual({ queued: ['images/api'] });
    const other = { ...EVENT, detail: { ...EVENT.detail, 'repository-name': 'acme/other' } };
    expect(await aws.functions.webhook.call(other)).toEqual({ queued: [] });
    // It is looked for where ECR has it, and not found from here.
    const failed = await testbed.logged(
      ({ message, branch }) => message === 'image-failed' && branch === 'images',
      60_000,
    );
    expect(JSON.stringify(failed['errors'])).toContain('111122223333.dkr.ecr.eu-west-1.amazonaws.com');
  }, 100_000);
});
