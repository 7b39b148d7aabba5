import { verify } from '@octokit/webhooks-methods';
import { authenticWith, isSha256Signature } from '../port/authentic.ts';
import type { GitHost } from '../port/git-host.ts';
import { parseDelivery } from './push.ts';

const SIGNATURE = 'x-hub-signature-256';

/** Webhooks signed with `X-Hub-Signature-256`. Ignores `X-Hub-Signature` (SHA-1): a delivery with only that one counts as unsigned. */
export const githubReceiver: GitHost = {
  deliveryIdOf: (headers) => headers['x-github-delivery'] ?? null,
  hasProof: (headers) => isSha256Signature(headers[SIGNATURE]),
  async authenticate(delivery, { secrets }) {
    const signature = delivery.headers[SIGNATURE];
    if (!isSha256Signature(signature)) return null;
    // Bytes that are not UTF-8 are refused by `authenticWith`, so the text stands for the bytes.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(delivery.body);
    const proving = await Promise.all(secrets.map((secret) => isSignedWith(secret, text, signature)));
    return authenticWith(delivery, secrets, (secret) => proving[secrets.indexOf(secret)] === true);
  },
  parse: parseDelivery,
};

async function isSignedWith(secret: string, text: string, signature: string): Promise<boolean> {
  return secret !== '' && text !== '' && (await verify(secret, text, signature));
}
