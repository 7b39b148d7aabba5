import { describe, expect, it } from 'vitest';
import {
  imageTrailer,
  lastWriteOf,
  proposalMessage,
  recordMessage,
  recordsIn,
  releaseMessage,
  sinceRelease,
} from '../../../src/images/update/record.ts';
import type { ImageRecord } from '../../../src/images/update/record.ts';
import { recordOfHead } from '../../../src/proposals/record.ts';
import { asObjectId, asRevision } from '../../../src/snapshot/source.ts';
import type { ObjectId, Revision } from '../../../src/snapshot/source.ts';

const REVISION = asRevision('a'.repeat(40)) as Revision;
const TREE = asObjectId('b'.repeat(40)) as ObjectId;
const WEB = { image: 'web', branch: 'main' };

function past(message: string) {
  return { revision: REVISION, rootTree: TREE, message };
}

function record(from: readonly string[], to: string): ImageRecord {
  return { ...WEB, from, to, commit: null, pullRequest: null, revision: REVISION, rootTree: TREE };
}

describe('the record of a commit', () => {
  it('is read as it was written', () => {
    const message = recordMessage({ ...WEB, from: ['1.1.0', '1.2.0'], to: '1.3.0' }, REVISION);
    expect(recordsIn(past(message), WEB)).toEqual([{ ...record(['1.1.0', '1.2.0'], '1.3.0'), commit: REVISION }]);
  });

  it('counts a proposal only once it names its pull request', () => {
    const proposed = { ...WEB, from: ['1.1.0'], to: '1.2.0' };
    const messages = [null, 12].map((pullRequest) => proposalMessage({ ...proposed, pullRequest }, REVISION));
    const counted = messages.map((message) => recordsIn(past(message), WEB));
    expect(counted).toEqual([[], [{ ...record(['1.1.0'], '1.2.0'), commit: REVISION, pullRequest: 12 }]]);
    const recorded = messages.map((message) => recordOfHead(REVISION, [message]));
    expect(recorded).toEqual([
      { commit: REVISION, pullRequest: null },
      { commit: REVISION, pullRequest: 12 },
    ]);
    expect(recordOfHead(asRevision('c'.repeat(40)) as Revision, messages)).toBeNull();
  });

  it('is read from a commit on the branch, which has those of other images too', () => {
    const trailers = [
      { image: 'api', from: ['1'], to: '2' },
      { image: 'web', from: ['3'], to: '4@sha256:00' },
    ].map((each) => imageTrailer(each));
    expect(recordsIn(past(`Update 2 images\n\n${trailers.join('\n')}\n`), WEB)).toMatchObject([
      { from: ['3'], to: '4@sha256:00', commit: null },
    ]);
  });

  it.each([
    ['another branch', recordMessage({ ...WEB, branch: 'prod', from: ['1'], to: '2' }, REVISION)],
    ['another image', recordMessage({ ...WEB, image: 'web-2', from: ['1'], to: '2' }, REVISION)],
    ['nothing', 'a person wrote this\n'],
  ])('is not one of %s', (_, message) => {
    expect(recordsIn(past(message), WEB)).toEqual([]);
  });

  it('counts from the last release of the image', () => {
    const commits = ['newest', releaseMessage('web', 'ann', [REVISION]), 'older'].map((message) => past(message));
    expect(sinceRelease(commits, 'web')).toEqual([past('newest')]);
    expect(sinceRelease(commits, 'web-2')).toEqual(commits);
  });
});

describe('a version', () => {
  const records = [record(['1.0.0'], '1.1.0'), record(['1.1.0'], '1.2.0')];

  it('that was written last may have been reverted', () => {
    expect(lastWriteOf('1.2.0', records)).toBe(records[1]);
  });

  it('that Headgate replaced itself was not reverted', () => {
    expect(lastWriteOf('1.1.0', records)).toBeNull();
  });

  it('that a person took back before the next one was written was reverted', () => {
    const reverted = [record(['1.0.0'], '1.1.0'), record(['1.0.0'], '1.2.0')];
    expect(lastWriteOf('1.1.0', reverted)).toBe(reverted[0]);
  });

  it('that is a digest beside its tag is replaced by that digest alone', () => {
    const pinned = [record(['stable'], 'stable@sha256:aa'), record(['stable', 'sha256:aa'], 'stable@sha256:bb')];
    expect(lastWriteOf('stable@sha256:aa', pinned)).toBeNull();
  });

  it('that was never written was not reverted', () => {
    expect(lastWriteOf('2.0.0', records)).toBeNull();
  });
});
