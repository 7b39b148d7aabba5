import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { GitHttpOptions } from './http-backend.ts';

/**
 * JGit (Gerrit and others) counts the depth of a filter from the wanted tree: `tree:0` omits it, so that the pack is empty,
 * and `tree:1` is what `tree:0` is on other servers. Seen with JGit 7.8.1.
 */
export function countingFromWants(repository: string): Pick<GitHttpOptions, 'intercept' | 'rewrite'> {
  const isTree = (id: string) =>
    execFileSync('git', ['-C', repository, 'cat-file', '-t', id], { encoding: 'utf8' }).trim() === 'tree';
  const wantsTrees = (body: string) => [...body.matchAll(/want ([0-9a-f]{40,64})/g)].some(([, id = '']) => isTree(id));
  return {
    intercept(_request, response, body) {
      const text = body.toString('latin1');
      if (!text.includes('filter tree:0') || !wantsTrees(text)) return false;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.end(Buffer.concat([line(Buffer.from('packfile\n')), line(EMPTY_PACK), Buffer.from('0000')]));
      return true;
    },
    rewrite(body) {
      const text = body.toString('latin1');
      if (!text.includes('filter tree:1') || !wantsTrees(text)) return body;
      return Buffer.from(text.replace('filter tree:1', 'filter tree:0'), 'latin1');
    },
  };
}

/**
 * JGit without `uploadpack.allowFilter`, and others: no filters, and only commits that a branch has are served, because without
 * bitmaps nothing shows which trees and files are reachable. Seen with JGit 7.8.1, whatever its request policy.
 */
export function servingCommitsOnly(repository: string, refs = 'refs/heads'): Pick<GitHttpOptions, 'intercept'> {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  function isServed(id: string): boolean {
    try {
      return git('for-each-ref', '--contains', id, '--count=1', refs) !== '';
    } catch {
      return false;
    }
  }
  return {
    intercept(_request, response, body) {
      const text = body.toString('latin1');
      const filter = /filter (\S+)/.exec(text)?.[1];
      const refused = [...text.matchAll(/want ([0-9a-f]{40,64})/g)].find(([, id = '']) => !isServed(id))?.[1];
      if (filter === undefined && refused === undefined) return false;
      const error = filter === undefined ? `want ${refused} not valid` : `unexpected filter ${filter}`;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.end(Buffer.concat([line(Buffer.from(`ERR ${error}`)), Buffer.from('0000')]));
      return true;
    },
  };
}

/** In band 1. */
const EMPTY_PACK = (() => {
  const pack = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  return Buffer.concat([Buffer.from([1]), pack, createHash('sha1').update(pack).digest()]);
})();

function line(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), payload]);
}
