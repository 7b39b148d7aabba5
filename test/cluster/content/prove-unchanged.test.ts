import { describe, expect, it } from 'vitest';
import { hasAll } from '../../../src/cluster/content/prove-unchanged.ts';

describe('comparing a live object with its manifest', () => {
  it('ignores what others and the server add to an object', () => {
    expect(hasAll({ data: { a: '1', b: '2' }, metadata: { uid: 'u' } }, { data: { a: '1' } })).toBe(true);
    expect(hasAll({ ports: [{ port: 80, protocol: 'TCP' }] }, { ports: [{ port: 80 }] })).toBe(true);
  });

  it('sees a value that differs or is missing, at any depth', () => {
    expect(hasAll({ data: { a: '1' } }, { data: { a: '2' } })).toBe(false);
    expect(hasAll({ data: {} }, { data: { a: '' } })).toBe(false);
    expect(hasAll({ spec: { ports: [{ port: 80 }] } }, { spec: { ports: [{ port: 81 }] } })).toBe(false);
    expect(hasAll({ data: 'a' }, { data: { a: 'a' } })).toBe(false);
  });

  it('sees an element that is missing, added or elsewhere', () => {
    expect(hasAll({ args: ['a'] }, { args: ['a', 'b'] })).toBe(false);
    expect(hasAll({ args: ['a', 'b'] }, { args: ['a'] })).toBe(false);
    expect(hasAll({ args: ['b', 'a'] }, { args: ['a', 'b'] })).toBe(false);
  });

  it('distinguishes a number from its text, and compares integers beyond 53 bits', () => {
    expect(hasAll({ a: 1 }, { a: '1' })).toBe(false);
    expect(hasAll({ a: 9007199254740993n }, { a: 9007199254740992n })).toBe(false);
    expect(hasAll({ a: 9007199254740993n }, { a: 9007199254740993n })).toBe(true);
  });

  it('takes a field that is null in the manifest as an absent field', () => {
    expect(hasAll({}, { a: null })).toBe(true);
    expect(hasAll({ a: 1 }, { a: null })).toBe(false);
  });
});
