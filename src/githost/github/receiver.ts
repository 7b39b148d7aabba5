import { authenticateSha256, isSha256Signature } from '../port/authentic.ts';
import type { GitHost } from '../port/git-host.ts';
import { parseDelivery } from './push.ts';

const SIGNATURE = 'x-hub-signature-256';

/** Webhooks signed with `X-Hub-Signature-256`. Ignores `X-Hub-Signature` (SHA-1): a delivery with only that one counts as unsigned. */
export const githubReceiver: GitHost = {
  deliveryIdOf: (headers) => headers['x-github-delivery'] ?? null,
  hasProof: (headers) => isSha256Signature(headers[SIGNATURE]),
  authenticate: (delivery, { secrets }) => authenticateSha256(delivery, delivery.headers[SIGNATURE], secrets),
  parse: parseDelivery,
};
