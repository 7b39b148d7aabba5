import { code } from '../../deploy/show/markdown-text.ts';
import type { Account, Contributors } from '../../githost/port/pull-requests.ts';

export interface RightFacts {
  readonly by: Account;
  /** Null: the credentials may not find out. */
  readonly mayWrite: boolean | null;
  /** User names and `id:1234`; empty: everyone who may write. */
  readonly approvers: readonly string[];
}

export interface ApproverFacts extends RightFacts {
  readonly author: Account;
  /** Null: the host does not say. */
  readonly contributors: Contributors | null;
}

/** Why an account may not decide what is deployed; null: it may. What cannot be found out is refused. */
export function refuseUnlisted({ by, mayWrite, approvers }: RightFacts, what: string): string | null {
  const name = code(by.name);
  const isListed = approvers.some((each) => isOne(each, by));
  if (approvers.length > 0 && !isListed)
    return `${name} is not one of ${code('approvers')}: ${approvers.map((each) => code(each)).join(', ')}.`;
  if (!isListed && mayWrite === null)
    return `Headgate's credentials cannot check whether ${name} may write to the repository.`;
  if (!isListed && mayWrite === false)
    return `Only accounts with write access to the repository may ${what}, and ${name} has none.`;
  return null;
}

/** Why an account may not approve the plan of a pull request; null: it may. */
export function refuseApprover({ author, contributors, ...facts }: ApproverFacts): string | null {
  const { by } = facts;
  const name = code(by.name);
  const refusal = refuseUnlisted(facts, 'approve plans');
  if (refusal !== null) return refusal;
  if (by.id === author.id || isSameName(by.name, author.name))
    return `${name} opened the pull request: another person has to approve it.`;
  if (contributors?.isComplete !== true)
    return `The host does not list every commit of the pull request, so ${name} may be an author of it.`;
  if (hasPartIn(by, contributors))
    return `${name} contributed to a commit of the pull request: another person has to approve it.`;
  return null;
}

function hasPartIn({ id, name, displayName }: Account, { accounts, names }: Contributors): boolean {
  const own = [name, displayName].filter((each) => each !== null && each !== '');
  const isNamed = names.some((each) => own.some((other) => other !== null && isSameName(each, other)));
  return accounts.some((account) => account.id === id) || isNamed;
}

/** A name that was given up can be registered by another person. The number of an account is never used again. */
function isOne(approver: string, { id, name }: Account): boolean {
  return approver.startsWith('id:') ? approver === `id:${id}` : isSameName(approver, name);
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
