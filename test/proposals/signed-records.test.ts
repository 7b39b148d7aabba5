import { describe, expect, it } from 'vitest';
import { commitTrailer } from '../../src/proposals/record.ts';
import { inOrder, isSignedRecord, signRecord } from '../../src/proposals/signed-records.ts';
import type { RecordPlace } from '../../src/proposals/signed-records.ts';
import { signedRecordsOf, trailersOf } from '../../src/promotion/record/record.ts';
import { asRevision } from '../../src/snapshot/source.ts';

function revision(digit: string) {
  const found = asRevision(digit.repeat(40));
  if (found === null) throw new Error(`${digit} makes no commit id`);
  return found;
}

const PLACE: RecordPlace = {
  repository: 'https://git.example.com/acme/fleet',
  ref: 'refs/headgate/images/web',
  parent: revision('a'),
  rootTree: 'e'.repeat(40),
};
const MESSAGE = 'Write web 1.2.0\n\nHeadgate-Image: web 1.1.0 -> 1.2.0\n';
const SIGNED = signRecord(MESSAGE, PLACE, 'new key');

describe('the signature of a record', () => {
  it('is valid where the record was written, under any of the keys', () => {
    expect(SIGNED).toMatch(
      /^Write web 1\.2\.0\n\nHeadgate-Image: web 1\.1\.0 -> 1\.2\.0\nHeadgate-Signature: \S{43}\n$/,
    );
    expect(isSignedRecord(SIGNED, PLACE, ['newer key', 'new key'])).toBe(true);
  });

  it.each<[string, { place?: Partial<RecordPlace>; signed?: string; keys?: readonly string[] }]>([
    ['in another repository', { place: { repository: 'https://git.example.com/acme/other' } }],
    ['at another ref', { place: { ref: 'refs/headgate/images/api' } }],
    ['on top of another record', { place: { parent: revision('b') } }],
    ['as the first record', { place: { parent: null } }],
    ['with other files', { place: { rootTree: 'f'.repeat(40) } }],
    ['with another version', { signed: SIGNED.replace('-> 1.2.0', '-> 1.3.0') }],
    ['with more text', { signed: `${SIGNED}Headgate-Image-Released: web\n` }],
    ['without its signature', { signed: MESSAGE }],
    ['under another key', { keys: ['other key'] }],
    ['without keys', { keys: [] }],
  ])('is not valid %s', (_, { place, signed = SIGNED, keys = ['new key'] }) => {
    expect(isSignedRecord(signed, { ...PLACE, ...place }, keys)).toBe(false);
  });
});

/** A record of a commit; of a release, the commit that the branch had. */
function record(digit: string, commit: string) {
  return { revision: revision(digit), message: `record\n\n${commitTrailer(revision(commit))}\n` };
}

function onBranch(...digits: readonly string[]) {
  return digits.map((digit) => ({ revision: revision(digit), message: `commit ${digit}\n` }));
}

describe('what the ref and the branch have', () => {
  it.each([
    ['the records alone', [record('a', '2'), record('b', '1')], ['2', '1'], 'a b'],
    ['a commit that is newer than the records', [record('b', '1')], ['3', '1'], '3 b'],
    [
      'a commit whose record was removed from the middle',
      [record('a', '3'), record('b', '1')],
      ['3', '2', '1'],
      'a 2 b',
    ],
    ['a commit that is older than the records', [record('a', '2')], ['2', '1'], 'a 1'],
    ['a release, before commits that are older', [record('a', '2')], ['3', '2', '1'], '3 a 1'],
    ['records of commits that were not read', [record('a', '7'), record('b', '6')], ['9'], '9 a b'],
    ['two records of one commit', [record('a', '2'), record('b', '2'), record('c', '1')], ['2', '1'], 'a b c'],
  ])('are in one order: %s', (_, ofRef, digits, order) => {
    const found = inOrder(ofRef, onBranch(...digits)).map(({ commit }) => commit.revision[0]);
    expect(found.join(' ')).toBe(order);
  });
});

describe('a promotion that is only on the branch', () => {
  const step = { promotion: 'shop', stage: 'prod' };
  const text = (by: string | null, isHold: boolean) =>
    `Promote\n\n${trailersOf({ ...step, from: [], moved: [], by, isHold }).join('\n')}\n`;

  it('sets a hold, and does not end one of a signed record', () => {
    const held = { revision: revision('a'), message: `${text('ann', true)}${commitTrailer(revision('1'))}\n` };
    const later = { revision: revision('2'), message: text('eve', false) };
    const first = { revision: revision('1'), message: text('ann', true) };
    const holds = (ofRef: readonly (typeof held)[], ofBranch: readonly (typeof held)[]) =>
      signedRecordsOf({ ofRef, ofBranch }, step).map(({ hold }) => hold);
    expect(holds([held], [later, first])).toEqual(['ann', 'ann']);
    expect(holds([], [later, first])).toEqual([null, 'ann']);
    expect(holds([], [first])).toEqual(['ann']);
  });
});
