import { expect, it } from 'vitest';
import { withRepository, withTarget } from '../config/builders.ts';
import { headgate } from './headgate.ts';

it.each([
  [
    'plans of pull requests',
    `${withRepository('credentials: env:TOKEN\n    pullRequests: { plan: true }')}\nkey: env:KEY\n`,
    'pullRequests.plan of repository fleet',
    'plan pull requests',
  ],
  [
    'messages',
    `${withTarget('notify: [team]')}\nchannels: { team: { kind: slack, url: env:SLACK } }\n`,
    'target shop-prod',
    'send messages',
  ],
  [
    'records of deploys',
    withRepository('write: env:WRITE\n    record: refs'),
    'record of repository fleet',
    'write refs to Git',
  ],
])('headgate http-host does not start where it would ignore %s', async (_name, text, subject, what) => {
  const { code, stdout, stderr } = await headgate(['http-host', '--log-format', 'json'], {
    files: { 'headgate.yml': text },
  });
  expect([code, stdout]).toEqual([1, '']);
  expect(JSON.parse(stderr)).toMatchObject({ subject, message: `headgate http-host does not ${what} yet` });
});
