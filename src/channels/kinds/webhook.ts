import { hmacSha256 } from '../../signing/hmac.ts';
import { cloudEventOf } from '../cloud-event.ts';
import type { ChannelRenderer } from '../port.ts';

/**
 * Any HTTP server: a CloudEvent in structured JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md),
 * signed as Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export const webhook: ChannelRenderer = {
  together: 1,
  render(notices, { url, token, commitUrl }, nowMs) {
    const [notice] = notices;
    if (notice === undefined) return null;
    const body = JSON.stringify(cloudEventOf(notice, commitUrl(notice)));
    const timestamp = String(Math.floor(nowMs / 1000));
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': notice.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature(`${notice.id}.${timestamp}.${body}`, token)}`,
    };
    return { kind: 'http', method: 'POST', url, headers, body };
  },
};

/** The secret is base64 after `whsec_`; any other text is taken as it is. */
function signature(signed: string, secret: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  return hmacSha256(key, signed).toString('base64');
}
