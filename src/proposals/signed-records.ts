import type { Log } from '../deploy/ports/log.ts';
import type { BranchWriter } from '../images/branch-writer.ts';
import { hmacSha256, isSame } from '../signing/hmac.ts';
import type { Revision } from '../snapshot/source.ts';
import { recordedCommits } from './record.ts';

/** A commit of a ref, or of a branch. */
interface Past {
  readonly revision: Revision;
  readonly rootTree: string;
  readonly message: string;
}

/** Where a record is. Its signature is valid nowhere else. */
export interface RecordPlace {
  /** The URL of the repository. */
  readonly repository: string;
  readonly ref: string;
  /** The record before; null: it is the first one. */
  readonly parent: Revision | null;
  readonly rootTree: string;
}

const SIGNED = /^([\s\S]*\n)Headgate-Signature: ([\w-]{43})\n$/;

/** The message of a record with its signature. */
export function signRecord(message: string, place: RecordPlace, key: string): string {
  return `${message}Headgate-Signature: ${proofOf(message, place, key).toString('base64url')}\n`;
}

export function isSignedRecord(signed: string, place: RecordPlace, keys: readonly string[]): boolean {
  const [, message = '', proof = ''] = SIGNED.exec(signed) ?? [];
  return keys.some((key) => isSame(proofOf(message, place, key), Buffer.from(proof, 'base64url')));
}

function proofOf(message: string, { repository, ref, parent, rootTree }: RecordPlace, key: string): Buffer {
  const text = JSON.stringify(['headgate record v1', repository, ref, parent, rootTree, message]);
  return hmacSha256(key, text);
}

/** Signs each record that the writer pushes. Without a key, records have no signature. */
export function signingWriter(
  writer: BranchWriter,
  { url, keys: [key] }: { readonly url: string; readonly keys: readonly string[] },
): BranchWriter {
  if (key === undefined) return writer;
  const sign = (message: string, place: Omit<RecordPlace, 'repository'>) =>
    signRecord(message, { repository: url, ...place }, key);
  return {
    get usage() {
      return writer.usage;
    },
    write(change, signal) {
      const records = change.records.map(({ ref, tip, message }) => ({
        ref,
        tip,
        message: (revision: Revision, rootTree: string) =>
          sign(message(revision, rootTree), { ref, parent: tip, rootTree }),
      }));
      return writer.write({ ...change, records }, signal);
    },
    addRecords(records, signal) {
      const signed = records.map(({ message, ...record }) => ({
        ...record,
        message: sign(message, { ref: record.ref, parent: record.tip, rootTree: record.rootTree }),
      }));
      return writer.addRecords(signed, signal);
    },
  };
}

/** Which records count. */
export interface RecordTrust {
  readonly hasKey: boolean;
  /**
   * Those that Headgate signed; without a key, all of them. The others are logged once.
   * `chain`: the whole ref, the newest first.
   */
  signedOf<T extends Past>(
    chain: readonly T[],
    at: { readonly repository: { readonly name: string; readonly url: string }; readonly ref: string },
    signal: AbortSignal,
  ): Promise<readonly T[]>;
}

interface Trusting {
  readonly hasKey: boolean;
  readonly keys: (signal: AbortSignal) => Promise<readonly string[]>;
  readonly log: Log;
}

export function openRecordTrust({ hasKey, keys, log }: Trusting): RecordTrust {
  /** The newest record of each warning that was logged. */
  const warned = new Set<Revision>();
  return {
    hasKey,
    async signedOf(chain, { repository, ref }, signal) {
      if (!hasKey || chain.length === 0) return chain;
      const given = await keys(signal);
      const isSigned = ({ message, rootTree }: Past, index: number) => {
        const parent = chain[index + 1]?.revision ?? null;
        return isSignedRecord(message, { repository: repository.url, ref, parent, rootTree }, given);
      };
      const areSigned = chain.map(isSigned);
      const signed = chain.filter((_, index) => areSigned[index]);
      const newest = chain[areSigned.indexOf(false)];
      if (newest === undefined || warned.has(newest.revision)) return signed;
      warned.add(newest.revision);
      const records = chain.length - signed.length;
      const at = { repository: repository.name, ref, records, newest: newest.revision };
      log({ level: 'warn', message: 'record-not-signed', ...at, reason: NOT_SIGNED });
      return signed;
    },
  };
}

const NOT_SIGNED =
  'these records are not signed with the key in headgate.yml, so they are ignored: they were written before the key was set, under another URL or key, or by someone else. The last 200 commits of the branch are read instead';

/**
 * What the ref has and what only the branch has, in the order of the branch. A record is only on the branch if the host refused
 * it, the process died before it was pushed, or someone removed it. Each list begins with the newest. `isRecorded`: the commit
 * is from the ref.
 */
export function inOrder<T extends Pick<Past, 'revision' | 'message'>>(
  ofRef: readonly T[],
  ofBranch: readonly T[],
): readonly { readonly commit: T; readonly isRecorded: boolean }[] {
  const indexOf = new Map<string, number>();
  for (const [index, { message }] of ofRef.entries())
    for (const commit of recordedCommits(message)) if (!indexOf.has(commit)) indexOf.set(commit, index);
  const recorded = ofRef.map((commit) => ({ commit, isRecorded: true }));
  const all: { commit: T; isRecorded: boolean }[] = [];
  let next = 0;
  for (const commit of ofBranch) {
    const index = indexOf.get(commit.revision);
    if (index === undefined) all.push({ commit, isRecorded: false });
    else {
      all.push(...recorded.slice(next, index + 1));
      next = Math.max(next, index + 1);
    }
  }
  return [...all, ...recorded.slice(next)];
}
