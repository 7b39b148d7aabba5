import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { isLoopback } from '../../config/written/address.ts';
import { formatImage, isTag } from '../../config/images/image-reference.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { HttpAnswer } from '../../exchange/exchange.ts';
import type { Registry, RegistryImage } from '../ports.ts';
import { authorize } from './authorize.ts';
import { nextPageOf } from './next-page.ts';
import { refusalOf, registryError } from './registry-error.ts';
import { send } from './send.ts';
import type { Answered, RegistryConnection, Request } from './send.ts';

export interface RegistryOptions extends RegistryConnection {
  /** The login for an image, as base64 of `user:password`; null: it is read without any. */
  readonly loginOf: (image: RegistryImage, signal: AbortSignal) => Promise<string | null>;
}

/** Some registries list all tags on one page. */
const PAGE_LIMIT_BYTES = 16 * 1024 * 1024;
const PAGE_TAGS = 1000;
const MAX_TAGS = 100_000;
const MAX_PAGES = 1500;
const LISTING_MS = 120_000;
const MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024;

/** Every kind must be named: a registry that has another one answers with 404. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Reads container registries over the OCI distribution API. Tokens are kept as long as it is: open one for each run. */
export function openRegistry(options: RegistryOptions): Registry {
  const authorizations = new Map<string, string>();

  async function ask(
    image: RegistryImage,
    request: Pick<Request, 'method' | 'url' | 'accept' | 'bodyLimitBytes'>,
    signal: AbortSignal,
  ): Promise<Answered> {
    const subject = formatImage(image.image);
    const key = JSON.stringify([image.image, image.credentials]);
    const attempt = () =>
      send({ ...request, subject, authorization: authorizations.get(key) ?? null }, options, signal);
    const answer = await attempt();
    // Only the registry itself is given a login.
    if (answer.status !== 401 || answer.origin !== request.url.origin) return answer;
    const login = await options.loginOf(image, signal);
    const { repository } = image.image;
    authorizations.set(key, await authorize({ answer, url: request.url, subject, repository, login }, options, signal));
    return attempt();
  }

  async function listAll(image: RegistryImage, signal: AbortSignal): Promise<readonly string[]> {
    const subject = formatImage(image.image);
    const tags = new Set<string>();
    let url: URL | null = addressOf(image, `tags/list?n=${PAGE_TAGS}`);
    for (let pages = 0; url !== null; pages += 1) {
      if (pages === MAX_PAGES || tags.size > MAX_TAGS) throw tooMany(subject);
      const request = { method: 'GET', url, accept: 'application/json', bodyLimitBytes: PAGE_LIMIT_BYTES } as const;
      const answer = await ask(image, request, signal);
      if (answer.status !== 200) throw refusalOf(answer, subject);
      const known = tags.size;
      for (const tag of tagsIn(answer, subject)) tags.add(tag);
      // Gitea has a next page after the last one, which is empty.
      url = tags.size === known ? null : nextPage(answer, url, subject);
    }
    return [...tags];
  }

  return {
    async listTags(image, signal) {
      const limit = AbortSignal.timeout(LISTING_MS);
      try {
        return await listAll(image, AbortSignal.any([signal, limit]));
      } catch (thrown) {
        if (!limit.aborted || signal.aborted) throw thrown;
        const message = `listing the tags takes more than ${LISTING_MS / 1000} s`;
        throw registryError('registry-limit', { subject: formatImage(image.image), message, cause: thrown });
      }
    },

    async digestOf(image, tag, signal) {
      const subject = `${formatImage(image.image)}:${tag}`;
      const request = {
        url: addressOf(image, `manifests/${tag}`),
        accept: MANIFESTS,
        bodyLimitBytes: MANIFEST_LIMIT_BYTES,
      };
      const answer = await ask(image, { ...request, method: 'HEAD' }, signal);
      if (answer.status === 404) return null;
      if (answer.status !== 200) throw refusalOf(answer, subject);
      const digest = answer.headers['docker-content-digest'];
      if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
      // The header is optional; the digest is that of the bytes.
      const whole = await ask(image, { ...request, method: 'GET' }, signal);
      if (whole.status !== 200) throw refusalOf(whole, subject);
      return `sha256:${createHash('sha256').update(whole.body).digest('hex')}`;
    },
  };
}

/** Docker Hub answers at another address than the one that references name. */
function addressOf({ image: { registry, repository } }: RegistryImage, path: string): URL {
  const url = new URL(
    `https://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}/v2/${repository}/${path}`,
  );
  if (isLoopback(url.hostname)) url.protocol = 'http:';
  return url;
}

function tooMany(subject: string): DeployError {
  const message = `the registry has more than ${MAX_TAGS} tags of this image, or lists them on more than ${MAX_PAGES} pages`;
  return registryError('registry-limit', { subject, message });
}

/** A page on another host would receive the credentials of this one. */
function nextPage({ headers }: HttpAnswer, url: URL, subject: string): URL | null {
  const { link } = headers;
  const next = nextPageOf(Array.isArray(link) ? link.join(', ') : link, url);
  if (next === null || next.origin === url.origin) return next;
  const message = 'the registry names another host for the next page of tags';
  throw registryError('registry-protocol', { subject, message });
}

const Page = z.object({ tags: z.optional(z.nullable(z.array(z.string()))) });

/** What cannot be a tag could not be written into a reference. */
function tagsIn({ body }: HttpAnswer, subject: string): readonly string[] {
  try {
    return (z.parse(Page, JSON.parse(body.toString())).tags ?? []).filter(isTag);
  } catch (cause) {
    throw registryError('registry-protocol', { subject, message: 'the registry returned no list of tags', cause });
  }
}
