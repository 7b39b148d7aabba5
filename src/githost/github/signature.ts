import { Webhooks } from '@octokit/webhooks';

/** A separate module, so that a bundler keeps only what this uses of the package, and code that only writes statuses loads none of it. */
export function isSignedWith(secret: string, text: string, signature: string): Promise<boolean> {
  return new Webhooks({ secret }).verify(text, signature);
}
