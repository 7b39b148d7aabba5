import { describe, expect, it } from 'vitest';
import { PART_OF, SOURCE } from '../../../src/plan/model/body.ts';
import { changedFields } from '../../../src/plan/model/field-changes.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { aResource } from '../builders.ts';

const before: JsonObject = {
  metadata: { labels: { tier: 'one' }, annotations: { last: '{"data":"planted"}' } },
  type: 'Opaque',
  data: { v: 'planted' },
};
const after: JsonObject = {
  metadata: { labels: { tier: 'two', [PART_OF]: 'set' }, annotations: { [SOURCE]: 'apps/a.yaml' } },
  type: 'Other',
  data: { v: 'planted-2' },
};

/** By path, the value before and after. */
function shown(kind: string, isHidden: boolean): Record<string, readonly unknown[]> {
  const resource = { ...aResource(kind, 'a'), isHidden };
  const changes = changedFields(before, after, resource);
  return Object.fromEntries(changes.map(({ path, before: was, after: is }) => [path, [was, is]]));
}

const MASKED = ['*** (before)', '*** (after)'];
const HEADGATE = {
  [`.metadata.labels["${PART_OF}"]`]: [undefined, 'set'],
  [`.metadata.annotations["${SOURCE}"]`]: [undefined, 'apps/a.yaml'],
};

describe('the fields that a plan shows', () => {
  it('have their values, unless the object hides values', () => {
    expect(shown('ConfigMap', false)).toEqual({
      ...HEADGATE,
      '.metadata.annotations.last': ['{"data":"planted"}', undefined],
      '.metadata.labels.tier': ['one', 'two'],
      '.type': ['Opaque', 'Other'],
      '.data.v': ['planted', 'planted-2'],
    });
  });

  it('show the labels and the type of a Secret, but neither its data nor its annotations, where tools keep copies', () => {
    expect(shown('Secret', false)).toEqual({
      ...HEADGATE,
      '.metadata.annotations.last': ['*** (before)', undefined],
      '.metadata.labels.tier': ['one', 'two'],
      '.type': ['Opaque', 'Other'],
      '.data.v': MASKED,
    });
  });

  it('show only the keys of an object with substituted or decrypted values, labels included', () => {
    const expected = {
      ...HEADGATE,
      '.metadata.annotations.last': ['*** (before)', undefined],
      '.metadata.labels.tier': MASKED,
      '.type': MASKED,
      '.data.v': MASKED,
    };
    expect(shown('ConfigMap', true)).toEqual(expected);
    expect(shown('Secret', true)).toEqual(expected);
  });

  it('are listed by key where an object gets its first label or annotation', () => {
    const changes = changedFields({ metadata: {} }, { metadata: { labels: { tier: 'one' } } }, aResource('Pod', 'a'));
    expect(changes).toEqual([{ path: '.metadata.labels.tier', before: undefined, after: 'one' }]);
  });
});
