import { Webhooks } from '@octokit/webhooks';

/**
 * In its own module so that the bundler can tree-shake the package, and so that code that only writes statuses does not
 * load it.
 */
export function isSignedWith(secret: string, text: string, signature: string): Promise<boolean> {
  return new Webhooks({ secret }).verify(text, signature);
}
