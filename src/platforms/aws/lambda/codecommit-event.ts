import * as z from 'zod/mini';
import type { Repository } from '../../../config/checked/config.ts';
import { receiveEvent } from '../../../deploy/webhook/receive-event.ts';
import type { Answer, Reception } from '../../../deploy/webhook/reception.ts';
import { locationOf } from '../../../githost/codecommit/repository-url.ts';

/** Only the fields that are used: https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
const Event = z.object({ id: z.string(), resources: z.array(z.string()) });

/**
 * Queues what a push to CodeCommit concerns. An event is authentic by IAM: the function's policy lets only the rule of the
 * stack invoke it with one (push-events.ts). Those of repositories that are not in headgate.yml are logged.
 * @throws when the queue does not take it: Lambda then tries again, twice
 */
export async function answerCodecommitEvent(
  event: unknown,
  { reception, functionArn }: { readonly reception: Reception; readonly functionArn: string },
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const { id, resources } = z.parse(Event, event);
  const body = Buffer.from(JSON.stringify(event));
  const [, , , region = '', account = ''] = functionArn.split(':');
  const named = [...reception.config.repositories.values()].filter((repository) =>
    resources.some((arn) => isArnOf(arn, repository, { region, account })),
  );
  if (named.length === 0) {
    const reason = 'no repository of headgate.yml has this ARN';
    reception.log({ level: 'warn', message: 'receive', delivery: id, resources, reason });
  }
  const answers = await Promise.all(
    named.map((repository) => receiveEvent({ id, repository, body }, reception, signal)),
  );
  const failed = answers.find(({ status }) => status >= 500);
  if (failed !== undefined) throw new Error(JSON.stringify(failed.body));
  return answers;
}

/** A repository of another account may have the same name. */
function isArnOf(
  arn: string,
  { host, url, fullName }: Repository,
  home: { readonly region: string; readonly account: string },
): boolean {
  if (host !== 'codecommit') return false;
  const region = locationOf(new URL(url))?.region ?? home.region;
  const [, , service, ...where] = arn.split(':');
  return service === 'codecommit' && where.join(':') === [region, home.account, fullName].join(':');
}
