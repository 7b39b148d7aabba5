import { expect, it } from 'vitest';
import type { ChannelSender } from '../../../src/app/channels/channel-sender.ts';
import { memoryNotices, sendNow } from '../../../src/app/channels/send-now.ts';
import { aNotice } from '../../channels/builders.ts';

it('a command names the channel that did not take its message in time, and no other', async () => {
  const notices = memoryNotices();
  await notices.send([aNotice({ channel: 'silent' }), aNotice({ channel: 'quick' })], AbortSignal.timeout(1000));
  const sender: ChannelSender = {
    send: ([first], signal) =>
      first?.channel === 'quick'
        ? Promise.resolve({ refused: [], later: null })
        : new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
          ),
  };
  const logged: unknown[] = [];
  await sendNow(notices, { sender, log: (line) => logged.push(line), limitMs: 20 });
  expect(logged).toEqual([
    {
      level: 'warn',
      message: 'not-notified',
      channel: 'silent',
      errors: [
        {
          code: 'channel-unreachable',
          subject: 'channel silent',
          message: 'the service did not accept the message within 0.02 s',
          remedy: 'Check that Headgate can reach it: headgate notify test silent sends a message.',
        },
      ],
    },
  ]);
});
