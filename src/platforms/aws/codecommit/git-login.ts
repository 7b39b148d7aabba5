import { signatureOf, stampOf } from '../api/signature.ts';
import type { AwsCredentials } from '../api/signature.ts';

export interface CodecommitLogin {
  readonly user: string;
  readonly token: string;
}

/** A repository of CodeCommit, and who reads it. */
export interface GitReader {
  readonly url: URL;
  readonly region: string;
  readonly credentials: AwsCredentials;
}

/** CodeCommit accepts a signature for 15 minutes. A third of it leaves time for a long answer and for a clock that is off. */
const USABLE_MS = 5 * 60_000;

/**
 * The user and password of Git over HTTPS, valid for 15 minutes and for this repository alone. Never log it. Signed as AWS's
 * credential helpers do it: the method `GIT`, no body, not even the hash of an empty one, and a time without a zone.
 * https://github.com/aws/git-remote-codecommit
 */
export function gitLogin({ url, region, credentials }: GitReader, nowMs: number): CodecommitLogin {
  const stamp = stampOf(nowMs).replace(/Z$/, '');
  const canonical = ['GIT', url.pathname.replace(/\/$/, ''), '', `host:${url.host}\n`, 'host', ''].join('\n');
  const signature = signatureOf(canonical, { service: 'codecommit', region, credentials, nowMs }, stamp);
  const { accessKeyId, sessionToken } = credentials;
  const user = sessionToken === null ? accessKeyId : `${accessKeyId}%${sessionToken}`;
  return { user, token: `${stamp}Z${signature}` };
}

/** Signs again when the signature gets old, so that a long run reads to its end. */
export function renewedGitLogin(reader: GitReader, nowMs: () => number): () => CodecommitLogin {
  let known: { readonly login: CodecommitLogin; readonly atMs: number } | null = null;
  return () => {
    const atMs = nowMs();
    if (known === null || atMs - known.atMs >= USABLE_MS) known = { login: gitLogin(reader, atMs), atMs };
    return known.login;
  };
}
