import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/error/deploy-error.ts';
import { openAgents } from '../../../src/exchange/exchange.ts';
import type { RegistryImage } from '../../../src/images/ports.ts';
import { openRegistry } from '../../../src/images/registry/registry.ts';
import { startAnswering } from '../../rig/registry/answering.ts';
import type { Answering, ReceivedRequest } from '../../rig/registry/answering.ts';

const PASSWORD = 'planted-password-0123';
const LOGIN = Buffer.from(`ada:${PASSWORD}`).toString('base64');
const signal = AbortSignal.timeout(120_000);
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Answer = (received: ReceivedRequest, response: ServerResponse) => void;

async function serving(answer: Answer): Promise<Answering> {
  const server = await startAnswering(answer);
  closing.push(() => server.close());
  return server;
}

/** A client of a registry, the waits that it made, and its image. */
function reading(host: string, login: string | null = LOGIN) {
  const agents = openAgents();
  closing.push(() => agents.close());
  const waits: number[] = [];
  const wait = (ms: number) => Promise.resolve(void waits.push(ms));
  const registry = openRegistry({ agents, userAgent: 'headgate/test', wait, loginOf: () => Promise.resolve(login) });
  const image: RegistryImage = {
    name: 'web',
    image: { registry: host, repository: 'acme/web' },
    credentials: { kind: 'password', username: 'ada', password: { kind: 'env', name: 'PASSWORD' } },
  };
  return {
    waits,
    listTags: () => registry.listTags(image, signal),
    digestOf: (tag: string) => registry.digestOf(image, tag, signal),
  };
}

function json(response: ServerResponse, body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function deny(response: ServerResponse, challenge: string) {
  json(response, { errors: [{ code: 'UNAUTHORIZED', message: PASSWORD }] }, { 'www-authenticate': challenge }, 401);
}

/** The problem that reading ends with, in which no secret may appear. */
async function problemOf(work: Promise<unknown>) {
  const thrown: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof DeployError)) throw new Error(`expected a DeployError, got ${String(thrown)}`);
  expect(JSON.stringify(thrown.problem)).not.toContain(PASSWORD);
  expect(JSON.stringify(thrown.problem)).not.toContain(LOGIN);
  return thrown;
}

describe('the tags of an image', () => {
  it('are read from page to page, until a page is empty', async () => {
    const pages = [['1.0.0', '1.1.0'], ['1.2.0'], []];
    const { host, received } = await serving(({ path }, response) => {
      const at = Number(/page=(\d)/.exec(path)?.[1] ?? 0);
      json(
        response,
        { name: 'acme/web', tags: pages[at] },
        { link: `</v2/acme/web/tags/list?page=${at + 1}>; rel="next"` },
      );
    });
    expect(await reading(host).listTags()).toEqual(['1.0.0', '1.1.0', '1.2.0']);
    expect(received.map(({ path }) => path)).toEqual([
      '/v2/acme/web/tags/list?n=1000',
      '/v2/acme/web/tags/list?page=1',
      '/v2/acme/web/tags/list?page=2',
    ]);
  });

  it('may be 50,000 on one page, without those that no reference can name', async () => {
    const tags = Array.from({ length: 50_000 }, (_, index) => `main-${index}`);
    const invalid = ['a b', '<script>', '', '-x', 'x'.repeat(129), 'a"\n- b'];
    const { host } = await serving((_, response) => json(response, { tags: [...invalid, ...tags] }));
    expect(await reading(host).listTags()).toEqual(tags);
  });

  it('are none when the registry lists null', async () => {
    const { host } = await serving((_, response) => json(response, { tags: null }));
    expect(await reading(host).listTags()).toEqual([]);
  });

  it('end where a page has no new tag, although the registry names another one', async () => {
    const { host, received } = await serving((_, response) =>
      json(response, { tags: ['a'] }, { link: `<?n=1000&round=${received.length}>; rel="next"` }),
    );
    expect(await reading(host).listTags()).toEqual(['a']);
    expect(received).toHaveLength(2);
  });

  it('are refused when the chain of pages does not end', async () => {
    const { host, received } = await serving((_, response) => {
      const tags = Array.from({ length: 1000 }, (_tag, index) => `t-${received.length}-${index}`);
      json(response, { tags }, { link: `<?round=${received.length}>; rel="next"` });
    });
    const problem = await problemOf(reading(host).listTags());
    expect(problem).toMatchObject({ code: 'registry-limit', subject: `${host}/acme/web` });
    expect(problem.message).toContain('more than 100000 tags');
    expect(received.length).toBeLessThan(110);
  });

  it('are refused when a page is larger than 16 MB', async () => {
    const { host } = await serving((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"tags":[${'"xxxxxxxxxxxxxxx",'.repeat(1_100_000)}"x"]}`);
    });
    expect(await problemOf(reading(host).listTags())).toMatchObject({ code: 'registry-limit' });
  });

  it.each([
    ['no JSON', '<html>'],
    ['another shape', '{"tags":"a"}'],
  ])('are refused when the answer is %s', async (_, body) => {
    const { host } = await serving((_asked, response) => void response.writeHead(200).end(body));
    expect(await problemOf(reading(host).listTags())).toMatchObject({
      code: 'registry-protocol',
      message: 'the registry returned no list of tags',
    });
  });
});

describe('a registry that requires authentication', () => {
  const isRight = ({ authorization }: ReceivedRequest) => authorization === 'Bearer planted-token';

  it('is read with a token of its endpoint, which is requested once', async () => {
    const { host, received } = await serving((each, response) => {
      if (each.path.startsWith('/token')) json(response, { token: 'planted-token' });
      else if (isRight(each)) json(response, { tags: ['1.0.0'] });
      else deny(response, `Bearer realm="http://${host}/token",service="registry",scope="*", Basic realm="Gitea"`);
    });
    const { listTags, digestOf } = reading(host);
    expect(await listTags()).toEqual(['1.0.0']);
    await digestOf('1.0.0');
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v2/acme/web/tags/list?n=1000',
      'GET /token?service=registry&scope=repository%3Aacme%2Fweb%3Apull',
      'GET /v2/acme/web/tags/list?n=1000',
      'HEAD /v2/acme/web/manifests/1.0.0',
      'GET /v2/acme/web/manifests/1.0.0',
    ]);
    expect(received[1]?.authorization).toBe(`Basic ${LOGIN}`);
  });

  it('is read with the token for anyone when there are no credentials', async () => {
    const { host, received } = await serving((each, response) => {
      if (each.path.startsWith('/token')) json(response, { access_token: 'planted-token' });
      else if (isRight(each)) json(response, { tags: ['1.0.0'] });
      else deny(response, `Bearer realm="http://${host}/token"`);
    });
    expect(await reading(host, null).listTags()).toEqual(['1.0.0']);
    expect(received[1]?.authorization).toBeNull();
  });

  it('is read with the login itself when it offers nothing else', async () => {
    const { host } = await serving((each, response) => {
      if (each.authorization === `Basic ${LOGIN}`) json(response, { tags: ['1.0.0'] });
      else deny(response, 'Negotiate, Basic realm="registry"');
    });
    expect(await reading(host).listTags()).toEqual(['1.0.0']);
  });

  it('is given a new token when the one before has expired', async () => {
    let tokens = 0;
    const { host } = await serving((each, response) => {
      if (each.path.startsWith('/token')) json(response, { token: `token-${(tokens += 1)}` });
      else if (
        each.path.includes('page') ? each.authorization === 'Bearer token-2' : each.authorization === 'Bearer token-1'
      )
        json(response, { tags: [`t${tokens}`] }, each.path.includes('page') ? {} : { link: '<?page=1>; rel="next"' });
      else deny(response, `Bearer realm="http://${host}/token"`);
    });
    expect(await reading(host).listTags()).toEqual(['t1', 't2']);
  });

  it.each([401, 403, 404])('is reported when it answers %i in the end', async (status) => {
    const { host, received } = await serving((each, response) => {
      if (each.path.startsWith('/token')) json(response, { token: 'planted-token' });
      else if (isRight(each)) json(response, { errors: [{ code: 'DENIED', message: PASSWORD }] }, {}, status);
      else deny(response, `Bearer realm="http://${host}/token"`);
    });
    const problem = await problemOf(reading(host).listTags());
    expect(problem).toMatchObject({ code: 'registry-unauthorized', subject: `${host}/acme/web` });
    expect(problem.message).toContain(`status ${status} DENIED`);
    expect(problem.remedy).toContain('credentials in headgate.yml');
    expect(received).toHaveLength(3);
  });

  it.each(['http://registry.example.com/token', 'https://ada:x@registry.example.com/token', 'ftp://x/', 'no address'])(
    'is not given a login for the token endpoint %s',
    async (realm) => {
      const { host, received } = await serving((_, response) => deny(response, `Bearer realm="${realm}"`));
      expect(await problemOf(reading(host).listTags())).toMatchObject({
        code: 'registry-protocol',
        message: 'the registry names a token endpoint without TLS',
      });
      expect(received.map(({ authorization }) => authorization)).toEqual([null]);
    },
  );

  it.each(['', 'Bearer', 'Digest realm="x"'])('is reported when it offers no known way: %j', async (challenge) => {
    const { host } = await serving((_, response) => deny(response, challenge));
    expect(await problemOf(reading(host).listTags())).toMatchObject({ code: 'registry-unauthorized' });
  });

  it.each(['{}', '{"token":"a b"}', '{"token":"a\\r\\nx: y"}', 'x'])(
    'is reported when it returns %s instead of a token',
    async (body) => {
      const { host } = await serving(({ path }, response) => {
        if (path.startsWith('/token')) response.writeHead(200).end(body);
        else deny(response, `Bearer realm="http://${host}/token"`);
      });
      expect(await problemOf(reading(host).listTags())).toMatchObject({
        code: 'registry-protocol',
        message: 'the token endpoint of the registry returned no token',
      });
    },
  );
});

describe('credentials', () => {
  it('are not sent to the host that a registry redirects to', async () => {
    const other = await serving((_, response) => json(response, { tags: ['1.0.0'] }));
    const { host, received } = await serving((each, response) => {
      if (each.authorization === `Basic ${LOGIN}`)
        response.writeHead(307, { location: `http://${other.host}/v2/x/tags/list` }).end();
      else deny(response, 'Basic realm="registry"');
    });
    expect(await reading(host).listTags()).toEqual(['1.0.0']);
    expect(received.at(-1)?.authorization).toBe(`Basic ${LOGIN}`);
    expect(other.received).toEqual([{ method: 'GET', path: '/v2/x/tags/list', authorization: null }]);
  });

  it('are not sent to a host that requests them after a redirect, or to the endpoint that it names', async () => {
    const other = await serving((_, response) =>
      deny(response, `Bearer realm="http://${other.host}/token", Basic realm="x"`),
    );
    const { host } = await serving(
      (_, response) => void response.writeHead(302, { location: `http://${other.host}/` }).end(),
    );
    expect(await problemOf(reading(host).listTags())).toMatchObject({ code: 'registry-unauthorized' });
    expect(other.received.map(({ path, authorization }) => [path, authorization])).toEqual([['/', null]]);
  });

  it('are not sent to the host of a next page that is not the registry', async () => {
    const other = await serving((_, response) => json(response, { tags: ['2.0.0'] }));
    const { host } = await serving((each, response) => {
      if (each.authorization === null) deny(response, 'Basic realm="registry"');
      else json(response, { tags: ['1.0.0'] }, { link: `<http://${other.host}/v2/x>; rel="next"` });
    });
    expect(await problemOf(reading(host).listTags())).toMatchObject({
      code: 'registry-protocol',
      message: 'the registry names another host for the next page of tags',
    });
    expect(other.received).toEqual([]);
  });

  it('are not sent to the host that a token endpoint redirects to', async () => {
    const other = await serving((_, response) => json(response, { token: 'x' }));
    const { host } = await serving(({ path }, response) => {
      if (path.startsWith('/token')) response.writeHead(302, { location: `http://${other.host}/token` }).end();
      else deny(response, `Bearer realm="http://${host}/token"`);
    });
    await problemOf(reading(host).listTags());
    expect(other.received.map(({ authorization }) => authorization)).toEqual([null]);
  });
});

describe('a registry that fails', () => {
  it('is read again after the pause that it requests', async () => {
    const { host, received } = await serving((_, response) => {
      if (received.length === 1) json(response, {}, { 'retry-after': '2' }, 429);
      else json(response, { tags: ['1.0.0'] });
    });
    const { listTags, waits } = reading(host);
    expect(await listTags()).toEqual(['1.0.0']);
    expect(waits).toEqual([2000]);
  });

  it('is left alone when it requests a long pause, which the error names', async () => {
    const { host, received } = await serving((_, response) => json(response, {}, { 'retry-after': '3600' }, 429));
    const problem = await problemOf(reading(host).listTags());
    expect(problem).toMatchObject({ code: 'registry-unreachable', retryAfterMs: 3_600_000 });
    expect(problem.message).toBe('the registry limits the rate of requests: status 429');
    expect(received).toHaveLength(1);
  });

  it.each([500, 502, 503])('is reported after three answers with status %i', async (status) => {
    const { host, received } = await serving((_, response) => json(response, {}, {}, status));
    expect(await problemOf(reading(host).listTags())).toMatchObject({
      code: 'registry-unreachable',
      message: `the registry failed: status ${status}`,
    });
    expect(received).toHaveLength(3);
  });

  it('is reported when nothing listens', async () => {
    const server = await startAnswering(() => undefined);
    await server.close();
    expect(await problemOf(reading(server.host).listTags())).toMatchObject({ code: 'registry-unreachable' });
  });

  it('is reported when its redirects do not end', async () => {
    const { host, received } = await serving(
      (_, response) => void response.writeHead(302, { location: '/again' }).end(),
    );
    expect(await problemOf(reading(host).listTags())).toMatchObject({
      code: 'registry-protocol',
      message: 'the registry redirects more than 3 times',
    });
    expect(received).toHaveLength(4);
  });

  it('is reported when it redirects to an address without TLS', async () => {
    const { host } = await serving(
      (_, response) => void response.writeHead(302, { location: 'http://example.com/' }).end(),
    );
    expect(await problemOf(reading(host).listTags())).toMatchObject({ code: 'registry-protocol' });
  });
});

describe('the digest of a tag', () => {
  const DIGEST = `sha256:${'ab'.repeat(32)}`;

  it('is read by HEAD, for every kind of manifest', async () => {
    let accept = '';
    const server = await startAnswering(({ method }, response, { headers }) => {
      accept = headers.accept ?? '';
      response
        .writeHead(method === 'HEAD' ? 200 : 500, { 'docker-content-digest': DIGEST, 'content-length': 104_857_600 })
        .end();
    });
    closing.push(() => server.close());
    expect(await reading(server.host).digestOf('stable')).toBe(DIGEST);
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /v2/acme/web/manifests/stable',
    ]);
    expect(accept.split(', ')).toHaveLength(4);
  });

  it('is null when the tag does not exist', async () => {
    const { host } = await serving((_, response) => void response.writeHead(404).end());
    expect(await reading(host).digestOf('stable')).toBeNull();
  });

  it.each([{}, { 'docker-content-digest': 'sha256:x"\n'.trim() }])(
    'is computed when the registry sends none',
    async (headers) => {
      const body = '{"schemaVersion":2}';
      const { host } = await serving(
        ({ method }, response) => void response.writeHead(200, headers).end(method === 'GET' ? body : ''),
      );
      expect(await reading(host).digestOf('stable')).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
    },
  );

  it('is not computed of a manifest of 100 MB', async () => {
    let sent = 0;
    const part = Buffer.alloc(1024 * 1024);
    const sendNext = (response: ServerResponse) => {
      sent += 1;
      if (sent > 100 || response.destroyed) response.end();
      else response.write(part, () => sendNext(response));
    };
    const { host } = await serving(({ method }, response) => {
      response.writeHead(200);
      if (method === 'HEAD') response.end();
      else sendNext(response);
    });
    expect(await problemOf(reading(host).digestOf('stable'))).toMatchObject({
      code: 'registry-limit',
      subject: `${host}/acme/web`,
    });
    expect(sent).toBeLessThan(50);
  });
});
