import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { contributorsOf } from '../../../src/app/githost/contributors.ts';

const namesIn = (message: string) => contributorsOf([{ accounts: [], names: [], message }]).names;

it.each([
  ['fix\n\nCo-authored-by: Ann Lee <ann@example.com>', ['Ann Lee', 'ann@example.com']],
  ['fix\r\n\r\nCO-AUTHORED-BY:Bob <bob@example.com>  \r\nmore', ['Bob', 'bob@example.com']],
  ['Co-authored-by: Ann <a@x>\nCo-authored-by: Bob <b@x>', ['Ann', 'a@x', 'Bob', 'b@x']],
  ['Promote web\n\nHeadgate-Promotion-By: ada\nHeadgate-Promotion-Hold: ada', ['ada']],
  ['see Co-authored-by: Ann <a@x>', []],
  ['Co-authored-by: Ann <a@x> and others', []],
])('reads the people in the commit message %j', (message, expected) => {
  expect(namesIn(message)).toEqual(expected);
});

it.each([
  ['spaces behind the colon', `Co-authored-by:${' '.repeat(100_000)}x`],
  ['spaces behind the address', `Co-authored-by: a <b>${' '.repeat(100_000)}x`],
  ['line breaks', `Co-authored-by: a${'\n'.repeat(100_000)}`],
  ['spaces behind the promoter', `Headgate-Promotion-By:${' '.repeat(100_000)}x`],
  ['many co-authors', 'Co-authored-by: a <b\n'.repeat(5_000)],
])('reads a commit message with %s within a second', (_what, message) => {
  const context = { message, namesIn };
  expect(runInNewContext('namesIn(message)', context, { timeout: 1_000 })).toEqual([]);
});
