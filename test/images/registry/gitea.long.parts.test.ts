import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SENDERS } from '../../../src/images/webhook/senders.ts';
import { openAgents } from '../../../src/exchange/exchange.ts';
import type { RegistryImage } from '../../../src/images/ports.ts';
import { openRegistry } from '../../../src/images/registry/registry.ts';
import { startGitea } from '../../rig/gitea/gitea.ts';
import type { Gitea } from '../../rig/gitea/gitea.ts';
import { getGitea } from '../../rig/gitea/program.ts';
import { startAnswering } from '../../rig/registry/answering.ts';
import type { Answering } from '../../rig/registry/answering.ts';
import { pushImage } from '../../rig/registry/push-image.ts';

const SECRET = 'planted-hook-secret';
const signal = AbortSignal.timeout(300_000);
const agents = openAgents();
const pushed = new Set<string>();
/** What Gitea's messages say. */
const announced: unknown[] = [];
let directory: string;
let gitea: Gitea;
let webhook: Answering;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-gitea-'));
  gitea = await startGitea(await getGitea(), directory);
  webhook = await startAnswering((_received, response, request) => void hear(response, request));
  const config = { url: `http://${webhook.host}/images/web`, content_type: 'json', secret: SECRET };
  await gitea.api('POST', '/user/hooks', { type: 'gitea', config, events: ['package'], active: true });
}, 600_000);

afterAll(async () => {
  agents.close();
  await webhook.close();
  await gitea.close();
  await rm(directory, { recursive: true, force: true });
});

async function hear(response: ServerResponse, request: IncomingMessage): Promise<void> {
  const body = await buffer(request);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const { proof, parse } = SENDERS.gitea;
  const authentic = proof.authenticate({ id: '1', headers, body }, null, [SECRET]);
  announced.push(authentic === null ? 'not authentic' : parse(JSON.parse(body.toString()), headers));
  response.writeHead(200).end();
}

function push(repository: string, tag: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${gitea.user}:${gitea.token}`).toString('base64')}`;
  return pushImage(`${gitea.url}/v2/${gitea.user}/${repository}`, { tag, contents: tag, pushed, authorization });
}

function reading(repository: string, token: string | null) {
  const login = token === null ? null : Buffer.from(`headgate:${token}`).toString('base64');
  const client = openRegistry({
    agents,
    userAgent: 'headgate/test',
    wait: () => Promise.resolve(),
    loginOf: async () => login,
  });
  const image: RegistryImage = {
    name: 'web',
    image: { registry: new URL(gitea.url).host, repository: `${gitea.user}/${repository}` },
    credentials: null,
  };
  return {
    listTags: () => client.listTags(image, signal),
    digestOf: (tag: string) => client.digestOf(image, tag, signal),
  };
}

describe("Gitea's registry", () => {
  it('is read with a token alone, to its last page and for a digest', async () => {
    const digests = [await push('web', '1.0.0'), await push('web', '1.1.0')];
    const { listTags, digestOf } = reading('web', gitea.token);
    expect((await listTags()).toSorted()).toEqual(['1.0.0', '1.1.0']);
    expect(await digestOf('1.1.0')).toBe(digests[1]);
    expect(await digestOf('2.0.0')).toBeNull();
  });

  it('is reported when the token is wrong', async () => {
    await expect(reading('web', 'wrong').listTags()).rejects.toMatchObject({ code: 'registry-unauthorized' });
  });

  it('signs its messages, which name the image', async () => {
    announced.length = 0;
    await push('web', '1.2.0');
    const expected = { kind: 'pushed', repositories: [`${gitea.user}/web`] };
    await expect.poll(() => announced, { timeout: 30_000 }).toContainEqual(expected);
    expect(announced).not.toContain('not authentic');
  });
});
