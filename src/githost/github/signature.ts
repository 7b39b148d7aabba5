import { Webhooks } from '@octokit/webhooks';

/** A module of its own, so that a bundler keeps of the package what this uses, and a sender of statuses loads none of it. */
export function isSignedWith(secret: string, text: string, signature: string): Promise<boolean> {
  return new Webhooks({ secret }).verify(text, signature);
}
