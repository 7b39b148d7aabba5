import { describe, expect, it } from 'vitest';
import { describeCommit } from '../../src/git/tree.ts';

const commit = (author: string, message: string) =>
  Buffer.from(`tree ${'a'.repeat(40)}\nauthor ${author}\ncommitter C <c@example.com> 1 +0000\n\n${message}`);

describe('the description of a commit', () => {
  it('is the first line of its message, and its author', () => {
    const described = describeCommit(
      commit('Jo Ström <jo@example.com> 1 +0100', 'web: raise the limit\n\nauthor X <x> 1'),
    );
    expect(described).toEqual({ subject: 'web: raise the limit', author: 'Jo Ström', committedMs: 1000 });
  });

  it('leaves empty what the commit does not have', () => {
    expect(describeCommit(commit('<jo@example.com> 1 +0000', ''))).toEqual({
      subject: '',
      author: '',
      committedMs: 1000,
    });
    expect(describeCommit(Buffer.from(`tree ${'a'.repeat(40)}\nauthor broken`))).toEqual({
      subject: '',
      author: '',
      committedMs: null,
    });
    expect(describeCommit(Buffer.alloc(0))).toEqual({ subject: '', author: '', committedMs: null });
  });
});
