import { describe, expect, it } from 'vitest';
import { followed, watchServers } from '../../src/exchange/servers.ts';

function watched() {
  const clock = { ms: 0 };
  const servers = watchServers(() => clock.ms);
  return { clock, server: servers.named('git'), condition: () => servers.conditionOf('git') };
}

it('counts the requests that each server was sent', () => {
  const servers = watchServers(() => 0);
  servers.named('git').begin().end('failed');
  servers.named('git').begin();
  servers.named('cluster lab').begin();
  expect(servers.counts()).toEqual([
    { server: 'git', requests: 2 },
    { server: 'cluster lab', requests: 1 },
  ]);
});

describe('the condition of a server', () => {
  it('is unproven until it answers, and again 15 minutes later', () => {
    const { clock, server, condition } = watched();
    const first = server.begin();
    expect(condition()).toBe('unproven');
    first.end('answered');
    clock.ms = 15 * 60_000 - 1;
    expect(condition()).toBe('answering');
    clock.ms += 1;
    expect(condition()).toBe('unproven');
  });

  it('is silent while it has owed a response for 400 ms', () => {
    const { clock, server, condition } = watched();
    server.begin().end('answered');
    clock.ms = 60_000;
    const late = server.begin();
    clock.ms += 399;
    expect(condition()).toBe('answering');
    clock.ms += 1;
    expect(condition()).toBe('silent');
    late.end('interrupted');
    expect(condition()).toBe('answering');
  });

  it('is not silent while it answers other requests', () => {
    const { clock, server, condition } = watched();
    server.begin();
    clock.ms = 300;
    server.begin().end('answered');
    clock.ms = 699;
    expect(condition()).toBe('answering');
    clock.ms = 700;
    expect(condition()).toBe('silent');
  });

  it('is silent while it sends next to nothing', () => {
    const { clock, server, condition } = watched();
    const trickle = server.begin();
    for (let sent = 0; sent < 1023; sent += 1) trickle.received(1);
    clock.ms = 400;
    expect(condition()).toBe('silent');
    trickle.received(1);
    expect(condition()).toBe('unproven');
  });

  it('is unproven after a request failed, until the next response', async () => {
    const { server, condition } = watched();
    const isFailure = () => true;
    await followed(server, async () => 'sent', { isFailure });
    expect(condition()).toBe('answering');
    await followed(server, () => Promise.reject(new Error('cut')), { isFailure }).catch(() => undefined);
    expect(condition()).toBe('unproven');
    await followed(server, async () => 'overdue', { isAnswer: () => false, isFailure });
    expect(condition()).toBe('unproven');
  });
});
