import { describe, expect, it } from 'vitest';
import { hashManagedFields } from '../../src/state/managed-fields-hash.ts';
import type { JsonObject } from '../../src/resource/resource.ts';

const fields = { 'f:metadata': { 'f:labels': { 'f:tier': {} } }, 'f:data': { 'f:level': {} } };

function metadata(change: JsonObject = {}, others: readonly JsonObject[] = []): JsonObject {
  const ours = {
    manager: 'headgate',
    operation: 'Apply',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsV1: fields,
  };
  return { labels: { tier: 'web' }, managedFields: [...others, ours], ...change };
}

describe('the hash of what is ours', () => {
  it('stays when others add labels, annotations and fields beside ours, and when time goes by', () => {
    const beside = {
      manager: 'kubectl',
      operation: 'Update',
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:x': {} } } },
    };
    const grown = metadata({ labels: { tier: 'web', x: '1' }, annotations: { note: 'n' }, resourceVersion: '9' }, [
      beside,
    ]);
    expect(hashManagedFields(grown)).toBe(hashManagedFields(metadata()));
  });

  it('changes with the value of a label of ours', () => {
    expect(hashManagedFields(metadata({ labels: { tier: 'db' } }))).not.toBe(hashManagedFields(metadata()));
    expect(hashManagedFields(metadata({ labels: {} }))).not.toBe(hashManagedFields(metadata()));
  });

  it('changes when another manager takes a field from us, whatever its value', () => {
    const taken = { ...fields, 'f:data': {} };
    const left = metadata({ managedFields: [{ manager: 'headgate', operation: 'Apply', fieldsV1: taken }] });
    expect(hashManagedFields(left)).not.toBe(hashManagedFields(metadata()));
  });

  it('is nothing where we have never applied', () => {
    expect(hashManagedFields({ labels: { tier: 'web' } })).toBeNull();
    expect(
      hashManagedFields({ managedFields: [{ manager: 'headgate', operation: 'Update', fieldsV1: fields }] }),
    ).toBeNull();
  });
});
