import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { parseChallenges } from '../../../src/images/registry/challenge.ts';
import { nextPageOf } from '../../../src/images/registry/next-page.ts';

it.each([
  [
    'Bearer realm="https://auth.example.com/token",service="a, b=c"',
    [['bearer', { realm: 'https://auth.example.com/token', service: 'a, b=c' }]],
  ],
  [
    'Bearer realm="https://x/t",scope="*", Basic realm="Gitea"',
    [
      ['bearer', { realm: 'https://x/t', scope: '*' }],
      ['basic', { realm: 'Gitea' }],
    ],
  ],
  ['BASIC Realm=x', [['basic', { realm: 'x' }]]],
  [
    'Negotiate, Basic realm="a\\"b"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a"b' }],
    ],
  ],
  ['', []],
  ['"', []],
  ['Bearer realm="unfinished', [['bearer', {}]]],
])('reads the challenges of %s', (header, expected) => {
  const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  expect(found).toEqual(expected);
});

it.each([
  ['</v2/acme/web/tags/list?last=1.0&n=1>; rel="next"', 'https://r.example.com/v2/acme/web/tags/list?last=1.0&n=1'],
  ['<?last=b>; rel=next', 'https://r.example.com/v2/a/tags/list?last=b'],
  ['<https://r.example.com/x>; rel="prev", <https://r.example.com/y>; rel="next"', 'https://r.example.com/y'],
  ['<x>; rel="prev"', undefined],
  ['x', undefined],
  [undefined, undefined],
])('reads the next page of %s', (header, expected) => {
  expect(nextPageOf(header, new URL('https://r.example.com/v2/a/tags/list?n=1000'))?.href).toBe(expected);
});

it.each([
  ['spaces', ' '.repeat(16_000)],
  ['commas', ' ,'.repeat(8_000)],
  ['words', ' a'.repeat(8_000)],
])('reads a header with 16 KB of %s within 200 ms', (_what, middle) => {
  const context = { header: `Bearer${middle}!`, parseChallenges };
  const [first] = runInNewContext('parseChallenges(header)', context, { timeout: 200 }) as [{ scheme: string }];
  expect(first.scheme).toBe('bearer');
});
