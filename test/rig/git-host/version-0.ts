import { execFileSync } from 'node:child_process';
import type { GitHttpOptions } from './http-backend.ts';
import { servingCommitsOnly } from './tree-depth.ts';

/** A server that ignores which version a client wants, as git did before 2.18. What git answers is its own version 0. */
export function speakingVersion0(): Pick<GitHttpOptions, 'intercept'> {
  return {
    intercept(request) {
      delete request.headers['git-protocol'];
      return false;
    },
  };
}

/** As CodeCommit advertised them in 2018: https://github.com/isomorphic-git/isomorphic-git/issues/199 */
const CAPABILITIES =
  'multi_ack_detailed shallow side-band-64k thin-pack allow-tip-sha1-in-want allow-reachable-sha1-in-want';

/** Without `atomic`, which it does not have: https://github.com/ef-labs/stash-hook-mirror/issues/57 */
const PUSH_CAPABILITIES = 'report-status delete-refs side-band-64k ofs-delta';

/**
 * AWS CodeCommit: version 0, few capabilities, no answer to a client that sends others
 * (https://github.com/abapGit/abapGit/issues/1254), and only commits that a ref has.
 */
export function likeCodeCommit(repository: string): Pick<GitHttpOptions, 'intercept'> {
  const commitsOnly = servingCommitsOnly(repository, 'refs');
  return {
    intercept(request, response, body) {
      delete request.headers['git-protocol'];
      const service = /info\/refs\?service=(git-(?:upload|receive)-pack)$/.exec(request.url ?? '')?.[1];
      if (service !== undefined) {
        response.writeHead(200, { 'content-type': `application/x-${service}-advertisement` });
        response.end(advertisementOf(repository, service));
        return true;
      }
      if (request.url?.endsWith('/git-receive-pack') === true) return false;
      const sent = /want [0-9a-f]+ ([^\n]+)/.exec(body.toString('latin1'))?.[1]?.split(' ') ?? [];
      if (sent.every((each) => CAPABILITIES.split(' ').includes(each)))
        return commitsOnly.intercept?.(request, response, body) ?? false;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' }).end();
      return true;
    },
  };
}

function advertisementOf(repository: string, service: string): string {
  const [options, capabilities] =
    service === 'git-upload-pack' ? [['--head', '--dereference'], CAPABILITIES] : [[], PUSH_CAPABILITIES];
  const refs = execFileSync('git', ['-C', repository, 'show-ref', ...options], { encoding: 'utf8' });
  const lines = refs.trim().split('\n');
  const named = lines.map((each, index) => line(index === 0 ? `${each}\0${capabilities}\n` : `${each}\n`));
  return [line(`# service=${service}\n`), '0000', ...named, '0000'].join('');
}

function line(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}
