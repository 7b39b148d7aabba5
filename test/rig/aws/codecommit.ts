import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { startGitServer } from '../git-host/http-backend.ts';
import type { GitHttpServer } from '../git-host/http-backend.ts';
import { likeCodeCommit } from '../git-host/version-0.ts';
import { REGION } from './aws.ts';
import type { AwsServer } from './aws.ts';

export interface CodecommitServer {
  /** The clone URL of the only repository. */
  readonly url: string;
  readonly server: GitHttpServer;
  /** Who pulled, by ARN; null: refused. */
  readonly pulls: (string | null)[];
  /** No policy allows the pull. */
  isForbidden: boolean;
}

const SIGNED_MS = 15 * 60_000;

/** One repository of a folder as CodeCommit serves it: to who signs as an identity that it knows. */
export async function startCodecommit(
  at: { readonly root: string; readonly directory: string },
  aws: AwsServer,
): Promise<CodecommitServer> {
  const pulls: (string | null)[] = [];
  const served = likeCodeCommit(`${at.root}/${at.directory}`);
  const server = await startGitServer({
    root: at.root,
    intercept(request, response, body) {
      const found = /^(\/v1\/repos\/fleet)\/(.*)$/.exec(request.url ?? '');
      const by = found === null ? null : pulledBy(request, found[1] ?? '', aws);
      pulls.push(by);
      if (by === null || codecommit.isForbidden) {
        response.writeHead(403).end();
        return true;
      }
      request.url = `/${at.directory}/${found?.[2]}`;
      return served.intercept?.(request, response, body) ?? false;
    },
  });
  const codecommit: CodecommitServer = { url: `${server.url}/v1/repos/fleet`, server, pulls, isForbidden: false };
  return codecommit;
}

/** A second implementation of the signature, with the arithmetic of AWS's own documentation. */
function pulledBy({ headers }: IncomingMessage, path: string, aws: AwsServer): string | null {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const [user = '', password = ''] = Buffer.from(basic, 'base64').toString().split(':');
  const [, time = '', signature = ''] = /^(\d{8}T\d{6})Z([0-9a-f]{64})$/.exec(password) ?? [];
  const [accessKeyId = ''] = user.split('%');
  const identity = aws.identityOf(accessKeyId);
  const at = time.replace(/(....)(..)(..)T(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z');
  if (identity === null || Math.abs(Date.now() - Date.parse(at)) > SIGNED_MS) return null;
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const day = time.slice(0, 8);
  const canonical = createHash('sha256').update(`GIT\n${path}\n\nhost:${headers.host}\n\nhost\n`).digest('hex');
  const text = `AWS4-HMAC-SHA256\n${time}\n${day}/${REGION}/codecommit/aws4_request\n${canonical}`;
  const key = [day, REGION, 'codecommit', 'aws4_request'].reduce<string | Buffer>(
    (from, step) => hmac(from, step),
    `AWS4${identity.secretAccessKey}`,
  );
  return hmac(key, text).toString('hex') === signature ? identity.arn : null;
}
