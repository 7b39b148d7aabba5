import { Webhooks } from '@octokit/webhooks';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { githubReceiver } from '../../../src/githost/github/receiver.ts';
import { aDelivery, sign } from '../builders.ts';

/** Signatures that are right, cut, of another secret, and of another body. */
const signature = fc.oneof(
  fc.constant((body: string, secret: string) => sign(body, secret)),
  fc.constant((body: string, secret: string) => sign(body, secret).slice(0, -1)),
  fc.constant((body: string, secret: string) => sign(body, `${secret}x`)),
  fc.constant((body: string, secret: string) => sign(`${body} `, secret)),
  fc.constant((body: string, secret: string) => sign(body, secret).toUpperCase()),
);

it('Headgate accepts the deliveries that GitHub’s own library accepts, and no others', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => each.isWellFormed());
  await fc.assert(
    fc.asyncProperty(text, text, signature, async (body, secret, signed) => {
      const header = signed(body, secret);
      const isGenuine = await new Webhooks({ secret }).verify(body, header);
      const delivery = aDelivery(body, { 'x-hub-signature-256': header });
      expect((await githubReceiver.authenticate(delivery, { secrets: [secret], nowMs: 0 })) !== null).toBe(isGenuine);
    }),
  );
});
