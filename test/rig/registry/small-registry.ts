import { createHash } from 'node:crypto';
import { startAnswering } from './answering.ts';

/** A registry, as far as image policies read one: tags, and the digests that they point to. */
export interface SmallRegistry {
  /** `127.0.0.1:5000`, which is where images begin. */
  readonly host: string;
  /** `HEAD /v2/acme/web/manifests/1.2.0` */
  readonly requests: readonly string[];
  /** Requests are answered with 503 while it is set. */
  isDown: boolean;
  /** Requests for a manifest in this repository are answered with 503. */
  withoutDigests: string | null;
  /** Pushes an image. Its digest follows from the content. */
  push(repository: string, tag: string, content?: string): string;
  remove(repository: string, tag: string): void;
  close(): Promise<void>;
}

export async function startSmallRegistry(): Promise<SmallRegistry> {
  const tags = new Map<string, Map<string, string>>();
  const server = await startAnswering(({ path }, response) => {
    const [, repository = '', kind = '', tag = ''] = /^\/v2\/(.+)\/(tags|manifests)\/([^?]+)/.exec(path) ?? [];
    const own = tags.get(repository);
    const digest = kind === 'manifests' ? own?.get(decodeURIComponent(tag)) : undefined;
    if (registry.isDown || (kind === 'manifests' && repository === registry.withoutDigests))
      response.writeHead(503).end();
    else if (kind === 'tags' && own !== undefined)
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name: repository, tags: [...own.keys()].toSorted() }));
    else if (digest !== undefined) response.writeHead(200, { 'docker-content-digest': digest }).end();
    else response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN"}]}');
  });
  const registry: SmallRegistry = {
    host: server.host,
    get requests() {
      return server.received.map(({ method, path }) => `${method} ${path}`);
    },
    isDown: false,
    withoutDigests: null,
    push(repository, tag, content = tag) {
      const digest = `sha256:${createHash('sha256').update(`${repository}:${content}`).digest('hex')}`;
      tags.set(repository, (tags.get(repository) ?? new Map<string, string>()).set(tag, digest));
      return digest;
    },
    remove: (repository, tag) => void tags.get(repository)?.delete(tag),
    close: () => server.close(),
  };
  return registry;
}
