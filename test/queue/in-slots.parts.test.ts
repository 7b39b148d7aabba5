import { describe, expect, it } from 'vitest';
import { wait } from '../../src/app/wait.ts';
import type { ServerCondition } from '../../src/exchange/servers.ts';
import { inSlots } from '../../src/queue/in-slots.ts';

/** Two slots; a server named `dead` is unproven until it is awaited, and silent from then on. */
function scheduling() {
  const conditions = new Map<string, ServerCondition>();
  return {
    conditions,
    slots: {
      limits: { answering: 2, unproven: 2, silent: 9, perServer: 9 },
      conditionOf: (server: string) => conditions.get(server) ?? 'answering',
    },
    serversOf: (item: string) => [item.split('-')[0] ?? ''],
    wait,
  };
}

describe('work in slots', () => {
  it('runs the work for servers that answer while any number of others wait for a silent one', async () => {
    const { conditions, ...options } = scheduling();
    conditions.set('dead', 'unproven');
    const freed = Promise.withResolvers<void>();
    const ended: string[] = [];
    const items = ['dead-1', 'dead-2', 'dead-3', 'dead-4', 'well-1', 'well-2', 'well-3'];
    const all = inSlots(items, options, async (item) => {
      if (item.startsWith('dead')) {
        conditions.set('dead', 'silent');
        await freed.promise;
      }
      ended.push(item);
      if (item === 'well-3') freed.resolve();
    });
    await all;
    expect(ended.slice(0, 3)).toEqual(['well-1', 'well-2', 'well-3']);
    expect(ended).toHaveLength(7);
  });

  it('never works on more items at once than there are slots', async () => {
    const { conditions: _all, ...options } = scheduling();
    let running = 0;
    let most = 0;
    await inSlots(['a-1', 'b-1', 'a-2', 'b-2', 'a-3'], options, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
    expect(most).toBe(2);
  });

  it('rejects with the first failure once everything has ended', async () => {
    const { conditions: _all, ...options } = scheduling();
    const ended: string[] = [];
    const work = async (item: string) => {
      if (item === 'a-1') throw new Error('broken');
      ended.push(item);
    };
    await expect(inSlots(['a-1', 'a-2', 'a-3'], options, work)).rejects.toThrow('broken');
    expect(ended).toEqual(['a-2', 'a-3']);
  });
});
