import { describe, expect, it } from 'vitest';
import type { ServerCondition } from '../../src/exchange/servers.ts';
import { mayBegin } from '../../src/queue/slots.ts';

const LIMITS = { answering: 2, unproven: 3, silent: 4, perServer: 2 };

/** `git`, `lab`: both answer. `new-1`: nothing is known about it. `dead-1`: it owes a response. */
const conditionOf = (server: string): ServerCondition =>
  server.startsWith('dead') ? 'silent' : server.startsWith('new') ? 'unproven' : 'answering';

const mayBeginNextTo = (running: readonly string[], servers: string) =>
  mayBegin(
    servers.split(' '),
    running.map((each) => each.split(' ')),
    { limits: LIMITS, conditionOf },
  );

describe('the slots of a consumer', () => {
  it('are limited among the groups whose servers all answer', () => {
    expect(mayBeginNextTo(['git lab'], 'git lab')).toBe(true);
    expect(mayBeginNextTo(['git lab', 'git lab'], 'git lab')).toBe(false);
  });

  it('are not held by groups that wait for a silent or an unproven server', () => {
    const waiting = ['git dead-1', 'git dead-2', 'dead-3 lab', 'git dead-4', 'new-1 lab', 'new-2 lab', 'new-3 lab'];
    expect(mayBeginNextTo(waiting, 'git lab')).toBe(true);
  });

  it('are few for one server that does not answer, whatever else its groups depend on', () => {
    expect(mayBeginNextTo(['git dead-1'], 'git dead-1')).toBe(true);
    expect(mayBeginNextTo(['git dead-1', 'other dead-1'], 'git dead-1')).toBe(false);
    expect(mayBeginNextTo(['git new-1', 'other new-1'], 'git new-1')).toBe(false);
    expect(mayBeginNextTo(['git dead-1', 'other dead-1'], 'git dead-2')).toBe(true);
  });

  it('are limited among all servers that do not answer', () => {
    const silent = ['dead-1', 'dead-2', 'dead-3', 'dead-4'];
    expect(mayBeginNextTo(silent.slice(1), 'dead-5')).toBe(true);
    expect(mayBeginNextTo(silent, 'dead-5')).toBe(false);
    expect(mayBeginNextTo(['new-1', 'new-2', 'new-3'], 'new-4')).toBe(false);
    expect(mayBeginNextTo(['new-1', 'new-2', ...silent], 'new-4')).toBe(true);
  });
});
