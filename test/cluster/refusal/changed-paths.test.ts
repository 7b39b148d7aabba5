import { describe, expect, it } from 'vitest';
import { changedPaths } from '../../../src/cluster/refusal/changed-paths.ts';
import type { Json } from '../../../src/resource/resource.ts';

const paths = (desired: Json, live: Json, owned?: Json) => changedPaths(desired, { live, owned }, '');

describe('the paths at which a manifest differs from the live object', () => {
  it.each<readonly [string, Json, Json, Json | undefined, readonly string[]]>([
    ['a changed value', { spec: { a: 1 } }, { spec: { a: 2, b: 3 } }, undefined, ['spec.a']],
    ['an added field', { spec: { a: 1, 'x.y/z': 1 } }, { spec: { a: 1 } }, undefined, ['spec[x.y/z]']],
    ['a removed field', { spec: {} }, { spec: { a: 1, b: 2 } }, { 'f:spec': { 'f:a': {} } }, ['spec.a']],
    ['what the server added', { spec: {} }, { spec: { a: 1 } }, { 'f:spec': {} }, []],
    ['what the server drops', { spec: { a: null, b: {}, c: [] } }, { spec: {} }, undefined, []],
    ['another writing of a quantity', { a: 0.5, b: '1024Mi', c: 1 }, { a: '500m', b: '1Gi', c: '1' }, undefined, []],
    ['another quantity', { a: '500m' }, { a: '501m' }, undefined, ['a']],
    [
      'an element that moved',
      { c: [{ name: 'b' }, { name: 'a' }] },
      { c: [{ name: 'a' }, { name: 'b' }] },
      undefined,
      [],
    ],
    ['an added element', { c: [{ name: 'a' }, { name: 'b' }] }, { c: [{ name: 'a' }] }, undefined, ['c[1]']],
    ['an element that another writer added', { c: [{ name: 'a' }] }, { c: [{ name: 'a' }, { name: 'b' }] }, {}, []],
    [
      'a removed element',
      { c: [{ name: 'a' }] },
      { c: [{ name: 'a' }, { name: 'b' }] },
      { 'f:c': { 'k:{"name":"a"}': {}, 'k:{"name":"b"}': {} } },
      ['c[name="b"]'],
    ],
    ['elements without names', { c: ['a', 'b'] }, { c: ['a', 'c'] }, undefined, ['c[1]']],
    ['a list of another length', { c: ['a'] }, { c: ['a', 'b'] }, undefined, ['c']],
  ])('are right for %s', (_name, desired, live, owned, expected) => {
    expect(paths(desired, live, owned)).toEqual(expected);
  });
});
