import * as z from 'zod/mini';
import { cloudEventOf } from '../cloud-event.ts';
import type { ChannelRenderer } from '../port.ts';

/** What it returns, only the fields that are used. */
const Answer = z.object({
  FailedEntryCount: z.number(),
  Entries: z.optional(z.array(z.object({ ErrorCode: z.optional(z.string()) }))),
});

/** A bus of EventBridge, which takes ten events at once: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export const eventbridge: ChannelRenderer = {
  together: 10,
  render(notices, { arn, commitUrl }) {
    const entries = notices.map((notice) => ({
      EventBusName: arn,
      Source: 'headgate',
      DetailType: `dev.headgate.${notice.event}`,
      Time: Math.floor(Date.parse(notice.at) / 1000),
      Detail: JSON.stringify(cloudEventOf(notice, commitUrl(notice))),
    }));
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' };
    const body = JSON.stringify({ Entries: entries });
    return { kind: 'aws', service: 'events', region: arn.split(':')[3] ?? '', headers, body };
  },
  judge({ text }) {
    const { data } = z.safeParse(Answer, parsed(text));
    if (data === undefined || data.FailedEntryCount === 0) return 'sent';
    // One that was accepted is sent again with the same id.
    const isPassing = data.Entries?.some(({ ErrorCode = '' }) => /Throttl|Internal/.test(ErrorCode));
    return isPassing === true ? 'again' : 'refused';
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
