import type { AuthenticDelivery, Delivery, GitHost } from '../port/git-host.ts';
import { parseDelivery } from './push.ts';

/** GitHub.com and GitHub Enterprise Server: webhooks signed with `X-Hub-Signature-256`. */
export const github: GitHost = { authenticate, parse: parseDelivery };

/** Ignores `X-Hub-Signature` (SHA-1): a delivery with only that one counts as unsigned. */
async function authenticate(delivery: Delivery, secrets: readonly string[]): Promise<AuthenticDelivery | null> {
  const signature = delivery.headers['x-hub-signature-256'] ?? '';
  const text = decode(delivery.body);
  if (text === null || text === '' || signature === '') return null;
  const { isSignedWith } = await import('./signature.ts');
  for (const secret of secrets) {
    if (secret === '' || !(await isSignedWith(secret, text, signature))) continue;
    // The only place that may say so.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return delivery as AuthenticDelivery;
  }
  return null;
}

/** The package verifies text, so decoding must be lossless: no replacement characters, and the BOM is kept. */
function decode(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}
