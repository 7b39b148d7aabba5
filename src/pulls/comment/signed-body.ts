import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { hmacSha256, isSame } from '../../signing/hmac.ts';

/** What a comment of Headgate says about itself, signed: anyone who may comment could write one that looks like it. */
export interface CommentFacts {
  /** The URL of the repository. */
  readonly repository: string;
  readonly pullRequest: number;
  /** The account that wrote it, so that a copy proves nothing; null: it was not known yet. */
  readonly author: string | null;
  readonly head: string;
  /** Of the branch. */
  readonly tip: string;
  /** The targets that the pull request concerns. */
  readonly targets: readonly string[];
  /** Of the plan of each target that was planned: what reviewers saw. */
  readonly hashes?: Readonly<Record<string, string>> | undefined;
  /** Of each preview, by its name: the newest head, and when it was seen first. */
  readonly previews?: Readonly<Record<string, { readonly head: string; readonly since: string }>> | undefined;
}

export interface ReadBody {
  readonly facts: CommentFacts;
  /** Null: the comment was edited, so only its facts are by Headgate. */
  readonly content: string | null;
}

const Signed = z.object({
  repository: z.string(),
  pullRequest: z.number(),
  author: z.nullable(z.string()),
  head: z.string(),
  tip: z.string(),
  targets: z.array(z.string()),
  hashes: z.optional(z.record(z.string(), z.string())),
  previews: z.optional(z.record(z.string(), z.object({ head: z.string(), since: z.string() }))),
  content: z.string(),
});

const PURPOSE = 'headgate plan comment v1\n';
const MARKER = /^<!-- headgate:plan:v1 ([\w-]{1,20000}) ([\w-]{43}) -->/;

/** The marker is invisible where Markdown is shown. */
export function signBody(content: string, facts: CommentFacts, keys: readonly string[]): string {
  const signed = Buffer.from(JSON.stringify({ ...facts, content: hashOf(content) })).toString('base64url');
  return `<!-- headgate:plan:v1 ${signed} ${hmacOf(signed, keys[0] ?? '').toString('base64url')} -->\n${content}`;
}

/** Null: none of the keys has signed it. */
export function readBody(body: string, keys: readonly string[]): ReadBody | null {
  const [marker, signed = '', proof = ''] = MARKER.exec(body) ?? [];
  if (marker === undefined || !keys.some((key) => isSame(hmacOf(signed, key), Buffer.from(proof, 'base64url'))))
    return null;
  const read = z.safeParse(Signed, JSON.parse(Buffer.from(signed, 'base64url').toString())).data;
  if (read === undefined) return null;
  const { content: hash, ...facts } = read;
  const content = body.slice(marker.length);
  return { facts, content: hashOf(content) === hash ? normalized(content) : null };
}

/** Each key signs for one purpose at a time: https://datatracker.ietf.org/doc/html/rfc2104 */
function hmacOf(text: string, key: string): Buffer {
  return hmacSha256(key, PURPOSE, text);
}

function hashOf(content: string): string {
  return createHash('sha256').update(normalized(content)).digest('base64url');
}

/** Hosts change line endings, and what is at both ends. */
function normalized(content: string): string {
  return content.replaceAll('\r\n', '\n').trim();
}
