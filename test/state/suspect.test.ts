import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/state/inventory.ts';
import { suspectsOf } from '../../src/state/suspect.ts';
import type { Listed } from '../../src/state/suspect.ts';
import { formatId } from '../../src/resource/resource.ts';
import { aResource, anEntry, generation } from '../plan/builders.ts';

const web = aResource('Deployment', 'web', { group: 'apps' });
const job = aResource('Job', 'migrate', { group: 'batch' });

function listed(entry: Entry, change: Partial<Listed> = {}): ReadonlyMap<string, Listed> {
  const { uid, version, managedFieldsHash: marks } = entry;
  return new Map([
    [
      formatId(entry.id),
      { uid: uid ?? '', version: version ?? { kind: 'any' }, managedFieldsHash: marks, isDeleting: false, ...change },
    ],
  ]);
}

describe('a recorded object', () => {
  const entry = anEntry(web, { version: generation('3') });

  it('is not a suspect while it is unchanged', () => {
    expect(suspectsOf([entry], listed(entry))).toEqual([]);
  });

  it.each<[string, Partial<Listed>]>([
    ['was deleted and created again', { uid: 'another' }],
    ['has another generation', { version: generation('4') }],
    ['has changed labels, annotations or field owners', { managedFieldsHash: 'another' }],
  ])('is a suspect when it %s', (_, change) => {
    expect(suspectsOf([entry], listed(entry, change))).toEqual([
      { object: 'Deployment.apps shop/web', file: 'apps/web.yaml' },
    ]);
  });

  it('is a suspect once it is gone, and not while it waits for its finalizers', () => {
    expect(suspectsOf([entry], new Map())).toHaveLength(1);
    expect(suspectsOf([entry], listed(entry, { isDeleting: true, version: generation('4') }))).toEqual([]);
  });

  it('only has to exist if it is create-only', () => {
    const once = anEntry(web, { version: { kind: 'any' }, managedFieldsHash: null });
    expect(suspectsOf([once], listed(once, { version: generation('9'), managedFieldsHash: 'm' }))).toEqual([]);
    expect(suspectsOf([once], new Map())).toHaveLength(1);
    expect(suspectsOf([once], listed(once, { uid: 'another' }))).toHaveLength(1);
  });

  it('is not compared while it is pending, or if Git no longer defines it', () => {
    const entries = [anEntry(web, { pending: { from: null } }), anEntry(job, { version: null })];
    expect(suspectsOf(entries, new Map())).toEqual([]);
  });
});

describe('a Job', () => {
  it('may disappear once it was seen finished, and is a suspect if it disappears before', () => {
    expect(suspectsOf([anEntry(job, { version: generation('1', true) })], new Map())).toEqual([]);
    expect(suspectsOf([anEntry(job, { version: generation('1') })], new Map())).toHaveLength(1);
  });

  it('is a suspect once after it finishes, so that this is recorded', () => {
    const running = anEntry(job, { version: generation('1') });
    expect(suspectsOf([running], listed(running, { version: generation('1', true) }))).toHaveLength(1);
  });
});
