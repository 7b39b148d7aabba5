import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Config } from '../../../src/config/checked/config.ts';
import { codecommitResources } from '../../../src/platforms/aws/codecommit/push-events.ts';
import { CODECOMMIT } from '../../githost/conformance/codecommit-case.ts';
import type { Change } from '../../githost/conformance/host-case.ts';
import { startGitServer } from '../git-host/http-backend.ts';
import type { GitHttpServer } from '../git-host/http-backend.ts';
import { likeCodeCommit } from '../git-host/version-0.ts';
import { REGION } from './aws.ts';
import type { AwsServer } from './aws.ts';

export interface CodecommitServer {
  /** The clone URL of the only repository. */
  readonly url: string;
  readonly server: GitHttpServer;
  /** Who pulled, and who pushed, by ARN; null: refused. */
  readonly pulls: (string | null)[];
  readonly pushes: (string | null)[];
  /** No policy allows a pull or a push. */
  isForbidden: boolean;
  /** The functions that a policy of the stack allows it: `work`. */
  readonly rights: { pull: ReadonlySet<string>; push: ReadonlySet<string> };
  /** What EventBridge does with a push over HTTP. */
  onPush: (event: object) => Promise<unknown>;
}

export interface CodecommitOptions {
  readonly root: string;
  readonly directory: string;
  /** It refuses refs that are neither branches nor tags. Whether the real one does is not documented. */
  readonly hasBranchesOnly: boolean;
}

/** Of the functions: test/rig/lambda/environment.ts. */
export const ARN = 'arn:aws:codecommit:eu-west-1:999988887777:fleet';

const SIGNED_MS = 15 * 60_000;

/** One repository of a folder as CodeCommit serves it: to who signs as an identity that it knows. */
export async function startCodecommit(at: CodecommitOptions, aws: AwsServer): Promise<CodecommitServer> {
  const repository = join(at.root, at.directory);
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
  if (at.hasBranchesOnly)
    for (const refs of ['refs/headgate', 'refs/notes']) git('config', '--add', 'transfer.hideRefs', refs);
  const served = likeCodeCommit(repository);
  const server = await startGitServer({
    root: at.root,
    intercept(request, response, body) {
      const found = /^(\/v1\/repos\/fleet)\/(.*)$/.exec(request.url ?? '');
      const signer = found === null ? null : signedBy(request, found[1] ?? '', aws);
      const right = found?.[2]?.endsWith('git-receive-pack') === true ? 'push' : 'pull';
      const isAllowed = !codecommit.isForbidden && codecommit.rights[right].has(functionOf(signer));
      const by = isAllowed ? signer : null;
      (right === 'push' ? codecommit.pushes : codecommit.pulls).push(by);
      if (by === null) {
        response.writeHead(403).end();
        return true;
      }
      if (right === 'push' && request.method === 'POST')
        response.once('finish', () => {
          for (const change of changesIn(body)) {
            const now = git('for-each-ref', '--format=%(objectname)', change.ref).trim();
            if (change.ref.startsWith('refs/heads/') && now === change.after)
              void codecommit.onPush(codecommitEvent(change));
          }
        });
      request.url = `/${at.directory}/${found?.[2]}`;
      return served.intercept?.(request, response, body) ?? false;
    },
  });
  const codecommit: CodecommitServer = {
    url: `${server.url}/v1/repos/fleet`,
    server,
    pulls: [],
    pushes: [],
    isForbidden: false,
    rights: { pull: new Set(), push: new Set() },
    onPush: () => Promise.resolve(),
  };
  return codecommit;
}

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Roles: readonly { readonly Ref: string }[];
    readonly PolicyDocument: { readonly Statement: readonly { readonly Action: string; readonly Resource: unknown }[] };
  };
}

/** Which functions the template lets pull from this repository, and push to it. */
export function codecommitRights(config: Config): CodecommitServer['rights'] {
  const resources = Object.values(codecommitResources(config)) as readonly Resource[];
  const policies = resources.filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
  const allowed = (action: string) => {
    const allowing = policies.filter(({ Properties: { PolicyDocument } }) =>
      PolicyDocument.Statement.some(
        (each) => each.Action === action && JSON.stringify(each.Resource).includes(':fleet"'),
      ),
    );
    const roles = allowing.flatMap(({ Properties }) => Properties.Roles);
    return new Set(roles.map(({ Ref }) => Ref.replace(/Role$/, '').toLowerCase()));
  };
  return { pull: allowed('codecommit:GitPull'), push: allowed('codecommit:GitPush') };
}

/** `arn:aws:sts::999988887777:assumed-role/headgate-work/fn` */
function functionOf(arn: string | null): string {
  return /\/headgate-(\w+)\//.exec(arn ?? '')?.[1] ?? '';
}

/** The event of a push, as EventBridge passes it on. */
export function codecommitEvent(change: Change, arn = ARN): Readonly<Record<string, unknown>> {
  const { payload } = CODECOMMIT.push([change]);
  return { ...(payload as Readonly<Record<string, unknown>>), resources: [arn] };
}

/** The commands of a push: pkt-lines up to the first flush. */
function changesIn(body: Buffer): readonly Change[] {
  const changes: Change[] = [];
  for (let at = 0; ;) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (!(length > 4)) return changes;
    const [command = ''] = body.toString('utf8', at + 4, at + length).split('\0');
    const [before = '', after = '', ref = ''] = command.trim().split(' ');
    changes.push({ ref, before: /^0+$/.test(before) ? null : before, after });
    at += length;
  }
}

/** A second implementation of the signature, with the arithmetic of AWS's own documentation. */
function signedBy({ headers }: IncomingMessage, path: string, aws: AwsServer): string | null {
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
