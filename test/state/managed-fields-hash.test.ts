import { describe, expect, it } from 'vitest';
import { hashManagedFields } from '../../src/state/managed-fields-hash.ts';
import type { JsonObject } from '../../src/resource/resource.ts';

const fields = { 'f:metadata': { 'f:labels': { 'f:tier': {} } }, 'f:data': { 'f:level': {} } };

function metadata(change: JsonObject = {}, others: readonly JsonObject[] = []): JsonObject {
  const own = {
    manager: 'headgate',
    operation: 'Apply',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsV1: fields,
  };
  return { labels: { tier: 'web' }, managedFields: [...others, own], ...change };
}

describe('the managed-fields hash', () => {
  it('stays the same when others add labels, annotations and fields, and when only the version changes', () => {
    const other = {
      manager: 'kubectl',
      operation: 'Update',
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:x': {} } } },
    };
    const grown = metadata({ labels: { tier: 'web', x: '1' }, annotations: { note: 'n' }, resourceVersion: '9' }, [
      other,
    ]);
    expect(hashManagedFields(grown)).toBe(hashManagedFields(metadata()));
  });

  it('changes with the value of a label that Headgate set', () => {
    expect(hashManagedFields(metadata({ labels: { tier: 'db' } }))).not.toBe(hashManagedFields(metadata()));
    expect(hashManagedFields(metadata({ labels: {} }))).not.toBe(hashManagedFields(metadata()));
  });

  it('changes when another manager takes a field, whatever its value', () => {
    const taken = { ...fields, 'f:data': {} };
    const left = metadata({ managedFields: [{ manager: 'headgate', operation: 'Apply', fieldsV1: taken }] });
    expect(hashManagedFields(left)).not.toBe(hashManagedFields(metadata()));
  });

  it('is null for an object that Headgate never applied', () => {
    expect(hashManagedFields({ labels: { tier: 'web' } })).toBeNull();
    expect(
      hashManagedFields({ managedFields: [{ manager: 'headgate', operation: 'Update', fieldsV1: fields }] }),
    ).toBeNull();
  });
});
