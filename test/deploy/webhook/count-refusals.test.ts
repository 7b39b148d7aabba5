import { describe, expect, it } from 'vitest';
import { countRefusals } from '../../../src/deploy/webhook/count-refusals.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';

function counted() {
  const lines: Parameters<Log>[0][] = [];
  let atMs = 0;
  const log = countRefusals(
    (line) => lines.push(line),
    () => atMs,
  );
  const receive = (ms: number, status: number, repository = 'fleet') => {
    atMs = ms;
    log({ level: 'debug', message: 'receive', repository, status });
  };
  return { lines, receive };
}

describe('refused signatures', () => {
  it('are counted in one line a minute, however many there are', () => {
    const { lines, receive } = counted();
    for (let ms = 0; ms < 60_000; ms += 100) receive(ms, 401);
    expect(lines.map(({ refused }) => refused)).toEqual([1]);
    receive(59_999, 401);
    expect(lines).toHaveLength(1);
    receive(60_000, 401);
    receive(60_001, 401);
    expect(lines.map(({ refused }) => refused)).toEqual([1, 601]);
  });

  it('are counted for each repository, and hide no other line', () => {
    const { lines, receive } = counted();
    receive(0, 401);
    receive(1, 401, 'infra');
    receive(2, 202);
    receive(3, 202);
    receive(4, 400);
    expect(lines.map(({ repository, status }) => `${String(repository)} ${String(status)}`)).toEqual([
      'fleet 401',
      'infra 401',
      'fleet 202',
      'fleet 202',
      'fleet 400',
    ]);
  });
});
