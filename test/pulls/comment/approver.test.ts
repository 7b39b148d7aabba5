import { describe, expect, it } from 'vitest';
import { refuseApprover, refuseUnlisted } from '../../../src/pulls/comment/approver.ts';
import type { ApproverFacts } from '../../../src/pulls/comment/approver.ts';

const account = (id: string, name: string, displayName: string | null = null) => ({ id, name, displayName });

function refusal(change: Partial<ApproverFacts> = {}): string {
  const contributors = { accounts: [account('11', 'ann')], names: ['Ann', 'ann@example.com'], isComplete: true };
  const facts = { by: account('12', 'bob'), author: account('11', 'ann'), contributors, mayWrite: true, approvers: [] };
  return refuseApprover({ ...facts, ...change }) ?? 'may';
}

describe('an account that holds or releases a target', () => {
  const refusalOf = (mayWrite: boolean | null, approvers: readonly string[] = []) =>
    refuseUnlisted({ by: account('12', 'bob'), mayWrite, approvers }, 'hold and release targets');

  it('may, when it may write or, if there are approvers, is one of these', () => {
    expect(refusalOf(true)).toBeNull();
    expect(refusalOf(false, ['Bob'])).toBeNull();
    expect(refusalOf(false)).toBe(
      'Only accounts with write access to the repository may hold and release targets, and `bob` has none.',
    );
    expect(refusalOf(null)).toMatch(/cannot check whether/);
    expect(refusalOf(true, ['cleo'])).toMatch(/is not one of `approvers`: `cleo`/);
  });

  it('is one of the approvers by its number, whatever its name is', () => {
    expect(refusalOf(false, ['id:12'])).toBeNull();
    expect(refusalOf(true, ['id:1'])).toMatch(/`bob` is not one of `approvers`: `id:1`/);
    expect(refusalOf(true, ['id:123', '12'])).toMatch(/is not one of/);
  });
});

describe('an account that approves a plan', () => {
  it('may, when it may write and has no part in the pull request', () => {
    expect(refusal()).toBe('may');
    expect(refusal({ approvers: ['BOB'], mayWrite: false })).toBe('may');
  });

  it('may not, when it may not write, is not listed, or that cannot be found out', () => {
    expect(refusal({ mayWrite: false })).toMatch(/^Only accounts with write access/);
    expect(refusal({ mayWrite: null })).toMatch(/cannot check whether/);
    expect(refusal({ approvers: ['cleo'] })).toMatch(/is not one of `approvers`: `cleo`/);
  });

  it('may not, when it opened the pull request or contributed to a commit, by account or by name', () => {
    const commits = (accounts: readonly ReturnType<typeof account>[], names: readonly string[]) => ({
      contributors: { accounts, names, isComplete: true },
    });
    expect(refusal({ author: account('12', 'renamed') })).toMatch(/opened the pull request/);
    expect(refusal({ author: account('0', 'Bob') })).toMatch(/opened the pull request/);
    expect(refusal({ approvers: ['bob'], ...commits([account('12', 'bob')], []) })).toMatch(/contributed to a commit/);
    expect(refusal(commits([], ['Bob']))).toMatch(/contributed to a commit/);
    expect(refusal({ by: account('12', 'bob', 'Bob Example'), ...commits([], ['bob example']) })).toMatch(
      /contributed to/,
    );
  });

  it('may not, when the host does not list every commit', () => {
    expect(refusal({ contributors: null })).toMatch(/does not list every commit/);
    expect(refusal({ contributors: { accounts: [], names: [], isComplete: false } })).toMatch(/does not list every/);
  });
});
