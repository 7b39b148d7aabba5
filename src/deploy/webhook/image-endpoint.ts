import type { Config } from '../../config/checked/config.ts';
import { readJsonOrForm } from '../../githost/port/payload.ts';
import { announcedImages } from '../../images/webhook/announced-images.ts';
import { SENDERS } from '../../images/webhook/senders.ts';
import { error, ignored, withoutTargets } from './answer.ts';
import type { Endpoint } from './endpoint.ts';

/** `/images/<name>` or `/images/<name>/<token>`: a message of a registry queues polls of the images that it may concern. */
export function imageEndpoint(path: string, { images }: Pick<Config, 'images'>): Endpoint | null {
  const [name = '', token = null, ...more] = path.split('/');
  const image = images.get(name);
  if (image === undefined || image.webhook === null || more.length > 0) return null;
  const { proof, parse } = SENDERS[image.webhook.kind];
  const sent = token === null ? null : decoded(token);
  return {
    named: { image: name },
    owner: { webhookSecrets: image.webhook.secrets },
    deliveryIdOf: (headers) => headers['x-github-delivery'] ?? headers['x-gitea-delivery'] ?? null,
    hasProof: (headers) => proof.has(headers, sent),
    authenticate: (delivery, { secrets }) => proof.authenticate(delivery, sent, secrets),
    async decide(delivery, { pollImages }, signal) {
      const payload = readJsonOrForm(delivery);
      if (payload === undefined) return withoutTargets(error(400, 'the body is not JSON'));
      const announced = parse(payload, delivery.headers);
      if (announced.kind === 'not-understood') return withoutTargets(error(400, announced.reason));
      if (announced.kind === 'ignored') return withoutTargets(ignored(announced.reason));
      const names = announcedImages(image, announced.repositories, images.values());
      if (names.length === 0) return withoutTargets(ignored('an image that headgate.yml does not have'));
      await pollImages?.(names, signal);
      const queued = names.map((each) => `images/${each}`);
      return { answer: { status: 202, body: { queued } }, targets: queued };
    },
  };
}

/** An invalid encoding is compared as it was sent. */
function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}
