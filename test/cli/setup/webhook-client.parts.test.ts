import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { pingWebhook } from '../../../src/cli/setup/ping-webhook.ts';
import { openWebhookClient } from '../../../src/cli/setup/webhook-client.ts';
import { bitbucketApi } from '../../../src/githost/bitbucket/api.ts';
import { bitbucketSetup } from '../../../src/githost/bitbucket/setup.ts';

const WANTED = { url: 'https://headgate.example.com/webhooks/fleet', secret: 'planted-secret', pullRequests: false };
const LISTED = { uuid: '{7e1f}', url: WANTED.url, active: true, events: ['repo:push'], secret_set: true };

/** Answers as the API of Bitbucket Cloud does, and returns what it was sent. */
async function openBitbucket() {
  const received: string[] = [];
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    received.push(`${request.method} ${request.url} ${request.headers.authorization} ${await text(request)}`);
    response.end(JSON.stringify(request.method === 'GET' ? { values: [LISTED] } : LISTED));
  }
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { api: `http://127.0.0.1:${port}`, received, [Symbol.dispose]: () => void server.close() };
}

it('registers a webhook on a host that sends no test delivery, and leaves the test to the next push', async () => {
  using bitbucket = await openBitbucket();
  const hooks = bitbucketSetup.hooks;
  if (hooks === null) throw new Error('Bitbucket Cloud has webhooks in its API');
  const access = { hooks, api: bitbucketApi, token: 'planted-token', ca: null };
  const client = openWebhookClient({ api: bitbucket.api, fullName: 'acme/fleet' }, access);
  const { signal } = new AbortController();
  const [listed] = await client.list(WANTED, signal);
  const { id, mistakes } = await client.update(listed?.id ?? '', WANTED, signal);
  expect({ id, mistakes }).toEqual({ id: '{7e1f}', mistakes: [] });
  expect(await pingWebhook(id, client, signal)).toEqual({ kind: 'not-sent', reason: 'its API cannot send one' });
  expect(bitbucket.received).toEqual([
    'GET /repositories/acme/fleet/hooks?pagelen=100 Bearer planted-token ',
    expect.stringMatching(/^PUT \/repositories\/acme\/fleet\/hooks\/%7B7e1f%7D Bearer planted-token .*planted-secret/),
  ]);
});
