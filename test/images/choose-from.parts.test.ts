import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAgents } from '../../src/exchange/exchange.ts';
import { chooseFrom } from '../../src/images/choose-from.ts';
import { openRegistry } from '../../src/images/registry/registry.ts';
import { configOf } from '../config/builders.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';

const agents = openAgents();
let registry: SmallRegistry;

beforeAll(async () => {
  registry = await startSmallRegistry();
  for (const tag of ['1.0.0', '1.1.0', 'stable']) registry.push('acme/web', tag);
});

afterAll(async () => {
  agents.close();
  await registry.close();
});

/** What a policy wants, and the requests that it takes to find out. */
async function choosing(policy: object) {
  const before = registry.requests.length;
  const image = {
    name: 'web',
    image: `${registry.host}/acme/web`,
    policy,
    writes: [{ repository: 'fleet', branch: 'main' }],
  };
  const config = configOf(
    JSON.stringify({
      clusters: { lab: { kubeconfig: {} } },
      repositories: { fleet: { host: 'git', url: 'https://git.example.com/fleet.git', write: 'env:WRITE' } },
      targets: [],
      images: [image],
    }),
  );
  const web = config.images.get('web');
  if (web === undefined) throw new Error('no image');
  const client = openRegistry({
    agents,
    userAgent: 'headgate/test',
    wait: () => Promise.resolve(),
    loginOf: async () => null,
  });
  const choice = await chooseFrom(client, web, new AbortController().signal);
  return { choice, requests: registry.requests.slice(before) };
}

it('a range of versions takes one list of the tags', async () => {
  expect(await choosing({ semver: '1.x' })).toEqual({
    choice: { kind: 'chosen', tag: '1.1.0' },
    requests: ['GET /v2/acme/web/tags/list?n=1000'],
  });
});

it('a tag that moves is looked up without a list of the others, unless it is missing', async () => {
  expect(await choosing({ digest: 'stable' })).toEqual({
    choice: { kind: 'chosen', tag: 'stable' },
    requests: ['HEAD /v2/acme/web/manifests/stable'],
  });
  expect(await choosing({ digest: 'stabel' })).toEqual({
    choice: { kind: 'none', reason: 'the tag stabel does not exist; the nearest: stable, 1.1.0, 1.0.0' },
    requests: ['HEAD /v2/acme/web/manifests/stabel', 'GET /v2/acme/web/tags/list?n=1000'],
  });
});
