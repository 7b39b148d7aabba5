import { expect, it } from 'vitest';
import { eventRequest } from '../../../src/cluster/state/event.ts';
import { aTarget } from '../../plan/builders.ts';

it('shows what is invisible in the message of an Event as a code', () => {
  const event = { type: 'Warning', reason: 'NotReady', message: 'Widget\u202e/a\u001b[2J: not ready' } as const;
  const { body } = eventRequest(event, { target: aTarget(), nowMs: 0, parentUid: 'u' });
  expect(JSON.parse(body)).toMatchObject({ message: 'Widget\\u202e/a\\x1b[2J: not ready' });
});
