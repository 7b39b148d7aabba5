import { describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/error/deploy-error.ts';
import type { Channel, RunEvent } from '../../../src/deploy/ports/run-event.ts';
import { reporter } from '../../../src/deploy/report/reporter.ts';
import { A, EVENTS, problem, SUBJECT } from './events.ts';

describe('a reporter', () => {
  const signal = new AbortController().signal;
  const event: RunEvent = { kind: 'started', revision: A };

  function channelOf(
    name: string,
    { isAwaited, fails }: { isAwaited: boolean; fails: boolean },
    taken: string[],
  ): Channel {
    return {
      name,
      isAwaited,
      async report() {
        if (fails) throw new DeployError('host-unreachable', { ...problem, subject: name });
        taken.push(name);
      },
    };
  }

  it('reports on every channel although one fails, logs the failure, and returns it for an awaited channel', async () => {
    const taken: string[] = [];
    const lines: unknown[] = [];
    const channels = [
      channelOf('commit status', { isAwaited: true, fails: true }, taken),
      channelOf('chat', { isAwaited: false, fails: true }, taken),
      channelOf('log', { isAwaited: false, fails: false }, taken),
    ];
    const { report } = reporter(channels, { subject: SUBJECT, log: (line) => lines.push(line) });
    expect((await report(event, signal)).map(({ subject }) => subject)).toEqual(['commit status']);
    expect(taken).toEqual(['log']);
    expect(lines).toMatchObject([
      { level: 'warn', message: 'not-reported', target: 'shop', channel: 'commit status' },
      { level: 'warn', message: 'not-reported', target: 'shop', channel: 'chat' },
    ]);
  });

  it('stops and throws when an awaited channel fails for a caller that runs again', async () => {
    const taken: string[] = [];
    const channels = [
      channelOf('commit status', { isAwaited: true, fails: true }, taken),
      channelOf('log', { isAwaited: false, fails: false }, taken),
    ];
    const { deliver } = reporter(channels, { subject: SUBJECT, log: () => undefined });
    await expect(deliver(event, signal)).rejects.toThrow('has no name');
    expect(taken).toEqual([]);
  });

  it('does not make a caller come back for a channel that is not awaited', async () => {
    const taken: string[] = [];
    const channels = [
      channelOf('chat', { isAwaited: false, fails: true }, taken),
      channelOf('log', { isAwaited: false, fails: false }, taken),
    ];
    await reporter(channels, { subject: SUBJECT, log: () => undefined }).deliver(event, signal);
    expect(taken).toEqual(['log']);
  });
});

describe('the events of the channel tests', () => {
  it('are of every kind', () => {
    const kinds: readonly RunEvent['kind'][] = [
      'started',
      'waiting',
      'superseded',
      'finished',
      'retrying',
      'progressing',
      'ready',
      'not-ready',
      'gave-up',
      'drift',
      'deferred',
      'held',
      'hold-ended',
      'image',
      'promoted',
      'window-overridden',
    ];
    expect(new Set(Object.values(EVENTS).map(({ kind }) => kind))).toEqual(new Set(kinds));
  });
});
