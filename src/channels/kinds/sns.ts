import { inBytes, inCharacters } from '../../error/cut-text.ts';
import type { ChannelRenderer } from '../port.ts';
import { fit, headline, plainText, severityOf } from '../text.ts';

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: 256 KB, with the form's encoding and the attributes. */
const MESSAGE = inBytes(60_000);
/** Fewer than 100 ASCII characters, without control characters. */
const SUBJECT = inCharacters(99);

/** A topic of SNS: text for people, with attributes that subscriptions can filter by. */
export const sns: ChannelRenderer = {
  together: 100,
  render(notices, to) {
    const [first] = notices;
    if (first === undefined) return null;
    const attributes = {
      severity: ['String', severityOf(notices)],
      events: ['String.Array', JSON.stringify([...new Set(notices.map(({ event }) => event))])],
      targets: ['String.Array', JSON.stringify([...new Set(notices.map(({ target }) => target))])],
    } as const;
    const form = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: to.arn,
      Subject: fit(headline(notices), SUBJECT).replaceAll(/[^ -~]/g, '?'),
      Message: plainText(notices, to, MESSAGE),
      ...(to.arn.endsWith('.fifo') ? { MessageGroupId: 'headgate', MessageDeduplicationId: first.id } : {}),
    });
    for (const [index, [name, [type, value]]] of Object.entries(attributes).entries()) {
      const prefix = `MessageAttributes.entry.${index + 1}`;
      form.set(`${prefix}.Name`, name);
      form.set(`${prefix}.Value.DataType`, type);
      form.set(`${prefix}.Value.StringValue`, value);
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { kind: 'aws', service: 'sns', region: to.arn.split(':')[3] ?? '', headers, body: form.toString() };
  },
};
