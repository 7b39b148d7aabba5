import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry, as far as image policies read one: tags, and the digests that they point to. */
export interface SmallRegistry {
  /** `127.0.0.1:5000`, which is where images begin. */
  readonly host: string;
  readonly requests: readonly string[];
  /** Requests are answered with 503 while it is set. */
  isDown: boolean;
  /** Pushes an image. Its digest follows from the content. */
  push(repository: string, tag: string, content?: string): string;
  remove(repository: string, tag: string): void;
  close(): Promise<void>;
}

export async function startSmallRegistry(): Promise<SmallRegistry> {
  const tags = new Map<string, Map<string, string>>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const [, repository = '', kind = '', tag = ''] =
      /^\/v2\/(.+)\/(tags|manifests)\/([^?]+)/.exec(request.url ?? '') ?? [];
    const own = tags.get(repository);
    const digest = kind === 'manifests' ? own?.get(decodeURIComponent(tag)) : undefined;
    if (registry.isDown) response.writeHead(503).end();
    else if (kind === 'tags' && own !== undefined)
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ name: repository, tags: [...own.keys()].toSorted() }));
    else if (digest !== undefined) response.writeHead(200, { 'docker-content-digest': digest }).end();
    else response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN"}]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const registry: SmallRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    isDown: false,
    push(repository, tag, content = tag) {
      const digest = `sha256:${createHash('sha256').update(`${repository}:${content}`).digest('hex')}`;
      tags.set(repository, (tags.get(repository) ?? new Map<string, string>()).set(tag, digest));
      return digest;
    },
    remove: (repository, tag) => void tags.get(repository)?.delete(tag),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}
