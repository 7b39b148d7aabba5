import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Log } from '../../../src/deploy/ports/log.ts';
import { receive } from '../../../src/deploy/webhook/receive.ts';
import type { Reception, WebhookRequest } from '../../../src/deploy/webhook/reception.ts';
import { aConfig, aRepository } from '../../githost/builders.ts';
import type { ImagePolicy, ImageWebhookKind } from '../../../src/config/checked/config.ts';

const SECRET = 'planted-secret/of the test';
const BEARER = { authorization: `Bearer ${SECRET}` };

function anImage(name: string, repository: string, kind: ImageWebhookKind, registry = 'ghcr.io'): ImagePolicy {
  return {
    name,
    image: { registry, repository },
    policy: { kind: 'semver', range: '*' },
    credentials: null,
    webhook: { kind, secrets: [{ kind: 'env', name: 'SECRET' }] },
    intervalMs: 0,
    debounceMs: 0,
    jsonPaths: [],
    commit: { author: { name: 'headgate', email: 'headgate@localhost' }, message: null, signingKey: null },
    afterRevert: 'skip',
    writes: [],
  };
}

type Sign = (body: string) => Readonly<Record<string, string>>;

const hmac = (body: string) => createHmac('sha256', SECRET).update(body).digest('hex');
const github: Sign = (body) => ({ 'x-github-event': 'package', 'x-hub-signature-256': `sha256=${hmac(body)}` });
const gitea: Sign = (body) => ({ 'x-gitea-event': 'package', 'x-gitea-signature': hmac(body) });
const inPath = `/${encodeURIComponent(SECRET)}`;

interface Case {
  readonly kind: ImageWebhookKind;
  readonly sign: Sign;
  /** What the path ends with. */
  readonly end?: string;
  readonly type?: string;
  readonly push: object;
  /** What concerns no tag. */
  readonly other: object | null;
}

/** As the registries send it, but for fields that are not read. */
const CASES: readonly Case[] = [
  {
    kind: 'ghcr',
    sign: github,
    push: {
      action: 'published',
      package: {
        name: 'web',
        namespace: 'Acme',
        package_type: 'CONTAINER',
        owner: { login: 'Acme' },
        package_version: { container_metadata: { tag: { name: '', digest: 'sha256:abc' } } },
      },
    },
    other: { action: 'published', package: { name: 'web', namespace: 'acme', package_type: 'npm' } },
  },
  {
    kind: 'gitea',
    sign: gitea,
    push: {
      action: 'created',
      repository: null,
      package: { id: 5, owner: { login: 'acme' }, type: 'container', name: 'web', version: '1.0.0' },
    },
    other: { action: 'deleted', package: { owner: { login: 'acme' }, type: 'container', name: 'web' } },
  },
  {
    kind: 'dockerhub',
    sign: () => ({}),
    end: inPath,
    push: {
      callback_url: 'https://registry.hub.docker.com/x',
      push_data: { tag: '1.0.0' },
      repository: { repo_name: 'acme/web' },
    },
    other: null,
  },
  {
    kind: 'quay',
    sign: () => ({}),
    end: inPath,
    push: { repository: 'acme/web', docker_url: 'quay.io/acme/web', updated_tags: ['1.0.0'] },
    other: null,
  },
  {
    kind: 'harbor',
    sign: () => ({ authorization: SECRET }),
    push: {
      type: 'PUSH_ARTIFACT',
      occur_at: 1,
      event_data: { resources: [{ tag: '1' }], repository: { repo_full_name: 'acme/web' } },
    },
    other: { type: 'DELETE_ARTIFACT', event_data: { repository: { repo_full_name: 'acme/web' } } },
  },
  {
    kind: 'harbor',
    sign: () => BEARER,
    type: 'application/cloudevents+json',
    push: { specversion: '1.0', type: 'harbor.artifact.pushed', data: { repository: { repo_full_name: 'acme/web' } } },
    other: { type: 'harbor.scan.completed' },
  },
  {
    kind: 'acr',
    sign: () => BEARER,
    push: { action: 'push', target: { repository: 'acme/web', tag: '1.0.0' }, request: { host: 'acme.azurecr.io' } },
    other: { action: 'ping' },
  },
  {
    kind: 'distribution',
    sign: () => BEARER,
    type: 'application/vnd.docker.distribution.events.v2+json',
    push: {
      events: [
        { action: 'pull', target: { repository: 'acme/x' } },
        { action: 'push', target: { repository: 'acme/web', tag: '1.0.0' } },
      ],
    },
    other: { events: [{ action: 'pull', target: { repository: 'acme/web' } }] },
  },
  { kind: 'signed', sign: (body) => ({ 'x-hub-signature-256': `sha256=${hmac(body)}` }), push: {}, other: null },
];

function opened(kind: ImageWebhookKind) {
  const polled: string[] = [];
  const lines: Parameters<Log>[0][] = [];
  const images = [
    anImage('web', 'acme/web', kind),
    anImage('web-staging', 'acme/web', kind),
    anImage('api', 'acme/api', kind),
    anImage('mirror', 'acme/web', kind, 'registry.example.com'),
    { ...anImage('silent', 'acme/silent', kind), webhook: null },
  ];
  const reception: Reception = {
    config: { ...aConfig([aRepository()], []), images: new Map(images.map((each) => [each.name, each])) },
    version: '1.2.3',
    limitBytes: 1000,
    secretsOf: async () => ['an older secret', SECRET],
    rotatedSecretsOf: async () => null,
    queue: { send: () => Promise.reject(new Error('nothing is deployed')) },
    pollImages: async (names) => void polled.push(...names),
    randomId: () => 'made-here',
    nowMs: () => 0,
    log: (line) => lines.push(line),
  };
  return { reception, polled, lines };
}

async function answerTo(each: Case, content: object, change: Partial<WebhookRequest> = {}) {
  const { reception, polled, lines } = opened(each.kind);
  const body = JSON.stringify(content);
  const headers = { 'content-type': each.type ?? 'application/json', ...each.sign(body), ...change.headers };
  const request = { method: 'POST', path: `/images/web${each.end ?? ''}`, body: Buffer.from(body), ...change, headers };
  const answer = await receive(request, reception, new AbortController().signal);
  return { status: answer.status, body: answer.body, polled, lines };
}

const UNAUTHENTICATED = { status: 401, body: { error: 'the signature is missing or invalid' }, polled: [] };

describe.each(CASES)('the answer to a message of $kind', (each) => {
  it('is 202 with the images that are polled, which are all of that repository in this registry', async () => {
    const { status, body, polled } = await answerTo(each, each.push);
    const names = each.kind === 'signed' ? ['web'] : ['web', 'web-staging'];
    expect({ status, body, polled }).toEqual({
      status: 202,
      body: { queued: names.map((name) => `images/${name}`) },
      polled: names,
    });
  });

  it('is 200 for what concerns no tag, which polls nothing', async () => {
    if (each.other === null) return;
    const { status, polled } = await answerTo(each, each.other);
    expect({ status, polled }).toEqual({ status: 200, polled: [] });
  });

  it('is 401, always the same, without a proof, with a wrong one, and for an unknown image or one without a webhook', async () => {
    const unsigned = { 'x-hub-signature-256': '', 'x-gitea-signature': '', authorization: '' };
    const wrong = {
      'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
      'x-gitea-signature': '0'.repeat(64),
      authorization: 'Bearer x',
    };
    const end = each.end ?? '';
    const requests: readonly Partial<WebhookRequest>[] = [
      { headers: unsigned, path: '/images/web' },
      { headers: wrong, path: end === '' ? '/images/web' : '/images/web/wrong' },
      { path: `/images/other${end}` },
      { path: `/images/silent${end}` },
      { path: `/images/web${end}/more` },
      { path: end === '' ? `/images/web${inPath}` : '/images/web/' },
    ];
    for (const request of requests) {
      const { status, body, polled } = await answerTo(each, each.push, request);
      expect({ request, status, body, polled }).toEqual({ request, ...UNAUTHENTICATED });
    }
  });

  it('is decided in the order of the webhooks of Git hosts', async () => {
    const status = async (change: Partial<WebhookRequest>) => (await answerTo(each, each.push, change)).status;
    expect(await status({ method: 'GET', path: '/images/other', headers: { 'content-type': 'text/plain' } })).toBe(405);
    expect(await status({ path: '/images/other', headers: { 'content-type': 'text/plain' } })).toBe(415);
    expect(await status({ path: '/images/other', body: 'too-large' })).toBe(401);
    expect(await status({ body: 'too-large' })).toBe(413);
    expect(await status({ headers: { 'content-length': '1001' } })).toBe(413);
    expect(await status({ body: 'too-many' })).toBe(503);
  });

  it('is 400 for a proven message that is not understood', async () => {
    const { reception, polled } = opened(each.kind);
    for (const text of each.kind === 'signed' ? ['{'] : ['{', '[]', '{"type":7,"action":7,"package":7}']) {
      const request = {
        method: 'POST',
        path: `/images/web${each.end ?? ''}`,
        headers: { 'content-type': 'application/json', ...each.sign(text) },
        body: Buffer.from(text),
      };
      expect(await receive(request, reception, new AbortController().signal)).toMatchObject({ status: 400 });
    }
    expect(polled).toEqual([]);
  });

  it('never logs the secret', async () => {
    for (const path of [`/images/web${each.end ?? ''}`, '/images/web/wrong-token']) {
      const { lines } = await answerTo(each, each.push, { path });
      for (const secret of [SECRET, encodeURIComponent(SECRET), 'wrong-token'])
        expect(JSON.stringify(lines)).not.toContain(secret);
    }
  });
});

it('polls an official image of Docker Hub, which is announced by its name alone', async () => {
  const { reception, polled } = opened('dockerhub');
  const images = new Map([['web', anImage('web', 'library/nginx', 'dockerhub', 'docker.io')]]);
  const request = {
    method: 'POST',
    path: `/images/web${inPath}`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"repository":{"repo_name":"nginx"}}'),
  };
  await receive(request, { ...reception, config: { ...reception.config, images } }, new AbortController().signal);
  expect(polled).toEqual(['web']);
});

it('answers 200 to a message about a repository that no image is in', async () => {
  const quay = CASES.find(({ kind }) => kind === 'quay');
  if (quay === undefined) throw new Error('no case');
  expect(await answerTo(quay, { repository: 'acme/other' })).toMatchObject({ status: 200, polled: [] });
});

it("accepts GitHub's form, in which the JSON is a field", async () => {
  const [ghcr] = CASES;
  if (ghcr === undefined) throw new Error('no case');
  const body = new URLSearchParams({ payload: JSON.stringify(ghcr.push) }).toString();
  const { reception, polled } = opened('ghcr');
  const headers = { 'content-type': 'application/x-www-form-urlencoded', ...github(body) };
  await receive(
    { method: 'POST', path: '/images/web', headers, body: Buffer.from(body) },
    reception,
    new AbortController().signal,
  );
  expect(polled).toEqual(['web', 'web-staging']);
});

it('answers 503, so that the registry sends it again, when the poll cannot be queued', async () => {
  const [ghcr] = CASES;
  if (ghcr === undefined) throw new Error('no case');
  const { reception } = opened('ghcr');
  const body = JSON.stringify(ghcr.push);
  const headers = { 'content-type': 'application/json', ...github(body) };
  const failing = { ...reception, pollImages: () => Promise.reject(new Error('full')) };
  const answer = await receive(
    { method: 'POST', path: '/images/web', headers, body: Buffer.from(body) },
    failing,
    new AbortController().signal,
  );
  expect(answer.status).toBe(503);
});
