import * as z from 'zod';
import { CHANNEL_EVENTS, SEVERITIES } from './channel-events.ts';
import { closed, pattern, text } from './shape.ts';

/*
 * An entry of `channels` as people write it. `url` and `token` are references, which are checked with the keys that each
 * kind requires in check-channel.ts.
 */

const event = text(
  (name) => (CHANNEL_EVENTS.some((known) => known === name) ? null : 'is not a known event'),
  `Use ${CHANNEL_EVENTS.join(', ')}.`,
).pipe(z.enum(CHANNEL_EVENTS));

const targets = pattern(
  /^[a-z0-9*-]{1,40}$/,
  'is not a pattern of target names',
  'Write the name of a target, in which * matches any characters, such as "shop-*".',
);
const mail = pattern(
  /^[^\s@<>,;"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
  'is not a mail address',
  'Write it as team@example.com.',
);
const topic = pattern(
  /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/,
  'is not the ARN of an SNS topic',
  'Write it as arn:aws:sns:eu-west-1:111122223333:deploys.',
);
const bus = pattern(
  /^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256}$/,
  'is not the ARN of an EventBridge bus',
  'Write it as arn:aws:events:eu-west-1:111122223333:event-bus/default.',
);

const listed = <Item extends z.ZodType>(item: Item) =>
  z.array(item).superRefine((list, context) => {
    if (list.length > 0) return;
    const params = { remedy: 'List at least one, or remove the key.' };
    context.addIssue({ code: 'custom', message: 'is empty', params });
  });

export const channel = closed({
  kind: z.string(),
  url: z.unknown().optional(),
  token: z.unknown().optional(),
  topic: topic.optional(),
  bus: bus.optional(),
  from: mail.optional(),
  to: listed(mail).default([]),
  events: listed(event).optional(),
  targets: listed(targets).default(['*']),
  severity: z.enum(SEVERITIES).default('info'),
});
