import { describe, expect, it } from 'vitest';
import type { DeployRequest } from '../../../../src/deploy/ports/request.ts';
import type { Reception } from '../../../../src/deploy/webhook/reception.ts';
import { answerCodecommitEvent } from '../../../../src/platforms/aws/lambda/codecommit-event.ts';
import { isEvent } from '../../../../src/app/functions/late-hints.ts';
import { aConfig, aRepository, aTarget } from '../../../githost/builders.ts';
import { CODECOMMIT } from '../../../githost/conformance/codecommit-case.ts';
import { NEW, OLD, UPDATE } from '../../../githost/conformance/host-case.ts';
import type { Sent } from '../../../githost/conformance/host-case.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:headgate-prod-webhook';

async function answersTo({ payload }: Sent, { url = CODECOMMIT.url, functionArn = FUNCTION, isFailing = false } = {}) {
  const { host, fullName } = CODECOMMIT;
  const repository = aRepository({ host, url, fullName, api: null, id: null, webhookSecrets: [] });
  const queued: DeployRequest[] = [];
  const lines: unknown[] = [];
  const reception: Reception = {
    config: aConfig([repository, aRepository({ name: 'other' })], [aTarget({ repository })]),
    version: '1.2.3',
    limitBytes: 1024,
    secretsOf: async () => [],
    rotatedSecretsOf: async () => null,
    queue: {
      async send(requests) {
        if (isFailing) throw new Error('the queue is full');
        queued.push(...requests);
      },
    },
    randomId: () => 'made-here',
    nowMs: () => 0,
    log: (line) => void lines.push(line),
  };
  expect(isEvent(payload)).toBe(true);
  const answers = await answerCodecommitEvent(payload, { reception, functionArn }, new AbortController().signal);
  return { statuses: answers.map(({ status }) => status), queued, lines };
}

describe('an event of CodeCommit', () => {
  const push = (...of: Parameters<typeof CODECOMMIT.push>) => CODECOMMIT.push(...of);

  it('queues the targets of the branch, under the id of the event', async () => {
    const { statuses, queued, lines } = await answersTo(push([UPDATE]));
    expect(statuses).toEqual([202]);
    const id = '3f7101d2-f1c4-d0a4-6d89-69fc887cc5e4';
    expect(queued).toMatchObject([{ target: 'shop', trigger: { kind: 'delivery', id }, hint: { revision: NEW } }]);
    expect(lines).toMatchObject([{ message: 'receive', repository: 'fleet', delivery: id, status: 202 }]);
  });

  it('is ignored when it is about a tag, a deleted branch, another branch or anything else', async () => {
    const changes = [
      { ref: 'refs/tags/v1', before: null, after: NEW },
      { ref: 'refs/heads/main', before: OLD, after: null },
      { ...UPDATE, ref: 'refs/heads/elsewhere' },
    ];
    for (const sent of [...changes.map((change) => push([change])), ...Object.values(CODECOMMIT.others)])
      expect(await answersTo(sent)).toMatchObject({ statuses: [200], queued: [] });
  });

  it.each([
    ['another repository', push([UPDATE], { id: '', fullName: 'fleet-2' }), {}],
    ['another account', push([UPDATE]), { functionArn: FUNCTION.replace('111122223333', '444455556666') }],
    ['another region', push([UPDATE]), { url: CODECOMMIT.url.replace('eu-west-1', 'eu-west-2') }],
  ])('is logged and not queued when it is of %s', async (_of, sent, change) => {
    const { statuses, queued, lines } = await answersTo(sent, change);
    expect({ statuses, queued }).toEqual({ statuses: [], queued: [] });
    expect(lines).toMatchObject([{ level: 'warn', reason: 'no repository of headgate.yml has this ARN' }]);
  });

  it('is of a repository in the region of the function when the URL has none', async () => {
    const url = 'https://git.internal.example.com/v1/repos/fleet';
    expect(await answersTo(push([UPDATE]), { url })).toMatchObject({ statuses: [202] });
    const functionArn = FUNCTION.replace('eu-west-1', 'eu-west-2');
    expect(await answersTo(push([UPDATE]), { url, functionArn })).toMatchObject({ statuses: [] });
  });

  it('fails when the queue does not take it, so that Lambda tries again', async () => {
    await expect(answersTo(push([UPDATE]), { isFailing: true })).rejects.toThrow('retry later');
  });

  it('is never what a URL receives', () => {
    const body = JSON.stringify(push([UPDATE]).payload);
    expect(isEvent({ rawPath: '/webhooks/fleet', headers: { source: 'aws.codecommit' }, body })).toBe(false);
    for (const event of [null, 'aws.codecommit', [], { source: 'aws.s3' }]) expect(isEvent(event)).toBe(false);
  });
});
