import { describe, expect, it } from 'vitest';
import { areSameEntries, isSameEntry } from '../../src/state/inventory.ts';
import type { Entry } from '../../src/state/inventory.ts';
import { aResource, anEntry } from '../plan/builders.ts';

/** The same data with its keys in reverse order, as another writer may store it. */
function reordered<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [key, reordered(each)]);
  return Object.fromEntries(entries.toReversed()) as T;
}

const entry: Entry = anEntry(aResource('Deployment', 'web', { group: 'apps' }), { pending: { from: 'apps/old.yaml' } });

describe('entries of the inventory', () => {
  it('are equal whatever the order of their keys', () => {
    expect(JSON.stringify(reordered(entry))).not.toBe(JSON.stringify(entry));
    expect(isSameEntry(reordered(entry), entry)).toBe(true);
    expect(areSameEntries([reordered(entry)], [entry])).toBe(true);
  });

  it('differ if a value or their order differs', () => {
    const other = anEntry(aResource('Deployment', 'api', { group: 'apps' }));
    expect(isSameEntry({ ...entry, pending: { from: null } }, entry)).toBe(false);
    expect(areSameEntries([entry, other], [other, entry])).toBe(false);
    expect(areSameEntries([entry], [entry, other])).toBe(false);
  });
});
