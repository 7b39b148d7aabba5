import * as z from 'zod/mini';
import { authenticateSha256, authenticWith, isSha256Signature } from '../../githost/port/authentic.ts';
import type { AuthenticDelivery, Delivery } from '../../githost/port/git-host.ts';
import type { ImageWebhookKind } from '../../config/checked/config.ts';
import { isSameSecret } from '../../signing/hmac.ts';

/** What a registry's message says. */
export type RegistryMessage =
  /** Tags of these repositories of the registry may be new; null: the message does not say of which. */
  | { readonly kind: 'pushed'; readonly repositories: readonly string[] | null }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'not-understood'; readonly reason: string };

/** How a registry proves that a message is its own. */
export interface ProofOfOrigin {
  /** Is there a well-formed one? Without it the body is not read. `token`: the end of the path. */
  has(headers: Delivery['headers'], token: string | null): boolean;
  authenticate(delivery: Delivery, token: string | null, secrets: readonly string[]): AuthenticDelivery | null;
}

/** A registry, or a CI job, that announces what was pushed. Pure. */
export interface ImageSender {
  readonly proof: ProofOfOrigin;
  readonly parse: (payload: unknown, headers: Delivery['headers']) => RegistryMessage;
}

/** `prefix`: the part of `sha256=<hex>` that the header omits. */
function signedIn(header: string, prefix = ''): ProofOfOrigin {
  const signatureIn = (headers: Delivery['headers']) => `${prefix}${headers[header] ?? ''}`;
  return {
    has: (headers, token) => token === null && isSha256Signature(signatureIn(headers)),
    authenticate: (delivery, _token, secrets) => authenticateSha256(delivery, signatureIn(delivery.headers), secrets),
  };
}

/** The secret as the whole header, or after `Bearer `. */
const IN_HEADER: ProofOfOrigin = {
  has: ({ authorization = '' }, token) => token === null && authorization !== '',
  authenticate: (delivery, _token, secrets) =>
    authenticWith(delivery, secrets, (secret) =>
      isSameSecret((delivery.headers['authorization'] ?? '').replace(/^Bearer /i, ''), secret.replace(/^Bearer /i, '')),
    ),
};

/** For registries that prove nothing. The path is never logged. */
const IN_PATH: ProofOfOrigin = {
  has: (_headers, token) => token !== null,
  authenticate: (delivery, token, secrets) =>
    authenticWith(delivery, secrets, (secret) => isSameSecret(token ?? '', secret)),
};

const pushed = (...repositories: readonly string[]): RegistryMessage => ({
  kind: 'pushed',
  repositories: repositories.map((each) => each.toLowerCase()),
});
const ignored = (reason: string): RegistryMessage => ({ kind: 'ignored', reason: reason.slice(0, 100) });

/** Only the fields that are used. */
const GithubPackage = z.object({
  name: z.string(),
  namespace: z.optional(z.string()),
  package_type: z.string(),
  owner: z.optional(z.object({ login: z.string() })),
});
const GithubEvent = z.object({
  package: z.optional(GithubPackage),
  registry_package: z.optional(GithubPackage),
});
const GiteaEvent = z.object({
  action: z.string(),
  package: z.object({ type: z.string(), name: z.string(), owner: z.object({ login: z.string() }) }),
});
const DockerHubEvent = z.object({ repository: z.object({ repo_name: z.string() }) });
const QuayEvent = z.object({ repository: z.string() });
const HarborRepository = z.object({ repository: z.object({ repo_full_name: z.string() }) });
const HarborEvent = z.object({
  type: z.string(),
  event_data: z.optional(HarborRepository),
  /** In the format of CloudEvents. */
  data: z.optional(HarborRepository),
});
const AcrEvent = z.object({ action: z.string(), target: z.optional(z.object({ repository: z.string() })) });
const DistributionEvent = z.object({
  events: z.array(z.object({ action: z.string(), target: z.object({ repository: z.string() }) })),
});

/** The payload by a schema; else why it is not understood. */
function reading<T extends z.ZodMiniType>(
  schema: T,
  read: (data: z.output<T>) => RegistryMessage,
): ImageSender['parse'] {
  return (payload) => {
    const { data, error } = z.safeParse(schema, payload);
    if (error === undefined) return read(data);
    const fields = error.issues.map(({ path }) => path.join('.') || 'the whole body');
    return { kind: 'not-understood', reason: `the message has missing or invalid fields: ${fields.join(', ')}` };
  };
}

/** Registries repeat messages for each platform of an image, and may leave the tag out: so tags are read from the registry. */
export const SENDERS: Readonly<Record<ImageWebhookKind, ImageSender>> = {
  // https://docs.github.com/en/webhooks/webhook-events-and-payloads#package
  ghcr: {
    proof: signedIn('x-hub-signature-256'),
    parse(payload, headers) {
      const event = headers['x-github-event'] ?? '';
      if (event !== 'package' && event !== 'registry_package')
        return ignored(event === 'ping' ? 'ping' : `event "${event}"`);
      return reading(GithubEvent, ({ package: one, registry_package: other }) => {
        const found = one ?? other;
        if (found === undefined) return ignored(`event "${event}" without a package`);
        if (found.package_type.toLowerCase() !== 'container') return ignored('a package that is not an image');
        const owner = found.owner?.login ?? found.namespace;
        return owner === undefined ? { kind: 'pushed', repositories: null } : pushed(`${owner}/${found.name}`);
      })(payload, headers);
    },
  },
  // https://docs.gitea.com/usage/webhooks
  gitea: {
    proof: signedIn('x-gitea-signature', 'sha256='),
    parse(payload, headers) {
      const event = headers['x-gitea-event'] ?? '';
      if (event !== 'package') return ignored(`event "${event}"`);
      return reading(GiteaEvent, ({ action, package: { type, name, owner } }) => {
        if (type !== 'container') return ignored('a package that is not an image');
        return action === 'created' ? pushed(`${owner.login}/${name}`) : ignored(`action "${action}"`);
      })(payload, headers);
    },
  },
  // https://docs.docker.com/docker-hub/repos/manage/webhooks
  dockerhub: { proof: IN_PATH, parse: reading(DockerHubEvent, ({ repository }) => pushed(repository.repo_name)) },
  // https://docs.quay.io/guides/notifications.html
  quay: { proof: IN_PATH, parse: reading(QuayEvent, ({ repository }) => pushed(repository)) },
  // https://goharbor.io/docs/latest/working-with-projects/project-configuration/configure-webhooks
  harbor: {
    proof: IN_HEADER,
    parse: reading(HarborEvent, ({ type, event_data: event, data }) => {
      const pushTypes = ['PUSH_ARTIFACT', 'harbor.artifact.pushed'];
      if (!pushTypes.includes(type)) return ignored(`event "${type}"`);
      const found = event ?? data;
      return found === undefined ? { kind: 'pushed', repositories: null } : pushed(found.repository.repo_full_name);
    }),
  },
  // https://learn.microsoft.com/en-us/azure/container-registry/container-registry-webhook-reference
  acr: {
    proof: IN_HEADER,
    parse: reading(AcrEvent, ({ action, target }) => {
      if (action !== 'push') return ignored(`action "${action}"`);
      return target === undefined ? { kind: 'pushed', repositories: null } : pushed(target.repository);
    }),
  },
  // https://distribution.github.io/distribution/about/notifications
  distribution: {
    proof: IN_HEADER,
    parse: reading(DistributionEvent, ({ events }) => {
      const pushes = events.filter(({ action }) => action === 'push');
      return pushes.length === 0
        ? ignored('no push')
        : pushed(...new Set(pushes.map(({ target }) => target.repository)));
    }),
  },
  /** A CI job that has pushed the image: any JSON, signed like GitHub's webhooks. */
  signed: { proof: signedIn('x-hub-signature-256'), parse: () => ({ kind: 'pushed', repositories: null }) },
};
