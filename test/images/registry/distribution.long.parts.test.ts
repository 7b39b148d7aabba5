import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receive } from '../../../src/deploy/webhook/receive.ts';
import type { Reception } from '../../../src/deploy/webhook/reception.ts';
import { openAgents } from '../../../src/exchange/exchange.ts';
import { chooseTag } from '../../../src/images/policy/choose-tag.ts';
import type { RegistryImage } from '../../../src/images/ports.ts';
import { openRegistry } from '../../../src/images/registry/registry.ts';
import { configOf } from '../../config/builders.ts';
import { startAnswering } from '../../rig/registry/answering.ts';
import type { Answering, ReceivedRequest } from '../../rig/registry/answering.ts';
import { getRegistry } from '../../rig/registry/program.ts';
import { startRegistry } from '../../rig/registry/registry.ts';
import type { Registry } from '../../rig/registry/registry.ts';

const SECRET = 'planted-header-secret';
const signal = AbortSignal.timeout(300_000);
const agents = openAgents();
let directory: string;
let registry: Registry;
let webhook: Answering;
/** What Headgate answered to each notification, and what it would have polled. */
const answers: { status: number; body: unknown }[] = [];
const polled: string[] = [];
let reception: Reception | null = null;

function configFor(host: string) {
  return configOf(`
clusters: { lab: { kubeconfig: {} } }
repositories: { fleet: { host: git, url: "https://git.example.com/fleet.git", write: env:WRITE } }
targets: []
images:
  - { name: web, image: "${host}/acme/web", policy: { semver: 1.x }, webhook: { kind: distribution, secret: env:S }, writes: [{ repository: fleet, branch: main }] }
  - { name: api, image: "${host}/acme/api", policy: { digest: stable }, writes: [{ repository: fleet, branch: main }] }
`);
}

async function answerTo({ method, path }: ReceivedRequest, response: ServerResponse, request: IncomingMessage) {
  if (reception === null) throw new Error('not open yet');
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const { status, body } = await receive({ method, path, headers, body: await buffer(request) }, reception, signal);
  answers.push({ status, body });
  response.writeHead(status).end(JSON.stringify(body));
}

beforeAll(async () => {
  const program = await getRegistry();
  directory = await mkdtemp(join(tmpdir(), 'headgate-registry-'));
  webhook = await startAnswering((received, response, request) => void answerTo(received, response, request));
  const url = `http://${webhook.host}/images/web`;
  registry = await startRegistry(program, directory, { url, authorization: `Bearer ${SECRET}` });
  reception = {
    config: configFor(registry.host),
    version: '1.2.3',
    limitBytes: 1_000_000,
    secretsOf: async () => [SECRET],
    rotatedSecretsOf: async () => null,
    queue: { send: async () => undefined },
    pollImages: async (names) => void polled.push(...names),
    randomId: () => 'made-here',
    nowMs: () => 0,
    log: () => undefined,
  };
}, 600_000);

afterAll(async () => {
  agents.close();
  await registry.close();
  await webhook.close();
  await rm(directory, { recursive: true, force: true });
});

function reading(repository: string) {
  const client = openRegistry({
    agents,
    userAgent: 'headgate/test',
    wait: () => Promise.resolve(),
    loginOf: async () => null,
  });
  const image: RegistryImage = { name: 'web', image: { registry: registry.host, repository }, credentials: null };
  return {
    listTags: () => client.listTags(image, signal),
    digestOf: (tag: string) => client.digestOf(image, tag, signal),
  };
}

describe('the distribution registry', () => {
  it('is read over its pages, and the wanted tag is chosen', async () => {
    // A page has 1,000 tags at most.
    const tags = Array.from({ length: 1003 }, (_, index) => `1.0.${index}`);
    const first = await registry.push('acme/many', '1.0.0', 'same');
    for (const tag of tags.slice(1)) expect(await registry.push('acme/many', tag, 'same')).toBe(first);
    const listed = await reading('acme/many').listTags();
    expect(listed.toSorted()).toEqual(tags.toSorted());
    expect(chooseTag({ kind: 'semver', range: '^1.0.0' }, listed)).toEqual({ kind: 'chosen', tag: '1.0.1002' });
  }, 300_000);

  it('says which digest a tag has, also after the tag has moved, and null when there is no such tag', async () => {
    const { digestOf } = reading('acme/moving');
    const before = await registry.push('acme/moving', 'stable', 'first');
    expect(await digestOf('stable')).toBe(before);
    const after = await registry.push('acme/moving', 'stable', 'second');
    expect(after).not.toBe(before);
    expect(await digestOf('stable')).toBe(after);
    expect(await digestOf('missing')).toBeNull();
  });

  it('is reported when it has no such image', async () => {
    await expect(reading('acme/none').listTags()).rejects.toMatchObject({
      code: 'registry-unauthorized',
      message: 'the registry does not have this image, or hides it: status 404 NAME_UNKNOWN',
    });
  });

  it('announces a pushed tag, which has the images of its repository polled', async () => {
    answers.length = 0;
    polled.length = 0;
    await registry.push('acme/web', '1.2.3');
    await expect.poll(() => polled, { timeout: 20_000 }).toContain('web');
    expect(polled).not.toContain('api');
    await registry.push('acme/api', 'stable');
    await expect.poll(() => polled, { timeout: 20_000 }).toContain('api');
    expect(answers.every(({ status }) => status === 202 || status === 200)).toBe(true);
  });
});
