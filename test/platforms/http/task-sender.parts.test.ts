import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openAgents } from '../../../src/exchange/exchange.ts';
import { taskSender } from '../../../src/platforms/http/task-sender.ts';
import { readCheck } from '../../../src/queue/messages/check-request.ts';
import { readRequest } from '../../../src/queue/messages/deploy-request.ts';
import { wait } from '../../../src/app/wait.ts';
import { CHECK, aRequest } from '../../queue/requests.ts';
import { Gateway } from '../../rig/http/gateway.ts';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');
const { signal } = new AbortController();

let gateway: Gateway;
const agents = openAgents();
afterEach(async () => {
  agents.close();
  await gateway.close();
});

async function open(change: { readonly url?: string } = {}) {
  gateway = await Gateway.start();
  let ids = 0;
  return taskSender({
    url: change.url ?? gateway.url,
    key: async () => 'planted-key',
    agents,
    randomId: () => `id-${(ids += 1)}`,
    nowMs: () => NOW_MS,
    wait,
  });
}

describe('a message to the queue of the HTTP host', () => {
  it('is the request as it was sent, with its group, whatever characters its target has', async () => {
    const { requests } = await open();
    const request = {
      ...aRequest('shop-\uFFFE-é'),
      hint: { revision: CHECK.revision, rootTree: null, isForced: true },
    };
    await requests.send([request, aRequest('other')], signal);
    expect(gateway.messages).toHaveLength(2);
    const message = gateway.messages.find(({ headers }) => headers['ce-partitionkey'] !== 'other');
    expect(readRequest(message?.body ?? '')).toEqual(request);
    expect(message).toMatchObject({
      kind: 'deploy',
      headers: {
        authorization: 'Bearer planted-key',
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-source': '/headgate',
        'ce-type': 'dev.headgate.deploy',
        'ce-partitionkey': 'shop-%EF%BF%BE-%C3%A9',
      },
    });
    expect(message?.headers['headgate-delay-seconds']).toBeUndefined();
  });

  it('is the check as it was sent, and names its delay to the queue and its time in the body', async () => {
    const { checks } = await open();
    await checks.send(CHECK, 12_300, signal);
    const [message] = gateway.messages;
    expect(readCheck(message?.body ?? '')).toEqual(CHECK);
    expect(message).toMatchObject({ kind: 'check', headers: { 'headgate-delay-seconds': '13' } });
    expect(JSON.parse(message?.body ?? '')).toMatchObject({ notBeforeMs: NOW_MS + 12_300 });
  });

  it('is refused with the address and the reason when the queue does not store it', async () => {
    const { requests } = await open();
    gateway.isDown = true;
    await expect(requests.send([aRequest('shop')], signal)).rejects.toMatchObject({
      code: 'queue-unreachable',
      subject: `${gateway.url}/deploy`,
      message: 'cannot send a message: the queue returned status 503',
    });
    const { requests: nowhere } = await open({ url: 'http://127.0.0.1:1' });
    await expect(nowhere.send([aRequest('shop')], signal)).rejects.toMatchObject({ code: 'queue-unreachable' });
  });

  it('is sent again after a connection that was closed', async () => {
    let tries = 0;
    const server = createServer((request, response) => {
      tries += 1;
      if (tries === 1) request.socket.destroy();
      else response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const bound = server.address();
    if (typeof bound !== 'object' || bound === null) throw new Error('no port');
    const { requests } = await open({ url: `http://127.0.0.1:${bound.port}` });
    await requests.send([aRequest('shop')], signal);
    expect(tries).toBe(2);
    server.closeAllConnections();
    server.close();
  });
});
