import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { distribute, freshNames, isOutgrown } from '../../../src/cluster/state/inventory-store.ts';
import { applySetId } from '../../../src/cluster/state/parent.ts';
import { readParent, writeParent } from '../../../src/cluster/state/parent.ts';
import {
  areShardsOf,
  decodeEntries,
  encodeEntries,
  inflater,
  shardCount,
  shardOf,
} from '../../../src/cluster/state/shard.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import type { TargetState } from '../../../src/state/target-state.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import type { ObjectId, Revision } from '../../../src/snapshot/source.ts';
import { aResource, aTarget, anEntry, generation } from '../../plan/builders.ts';

const entries = [
  anEntry(aResource('ConfigMap', 'a')),
  anEntry(aResource('Deployment', 'b', { group: 'apps' }), { pending: { from: null }, uid: null, hash: null }),
  anEntry(aResource('Namespace', 'c', { namespace: '' }), {
    pending: { from: 'apps/old.yaml' },
    version: generation('7'),
  }),
  anEntry(aResource('Secret', 'd'), { hash: null, version: null, releasedTo: 'blog' }),
];

describe('the inventory', () => {
  it('is read as it was written', () => {
    expect(decodeEntries(encodeEntries(entries), 'x')).toEqual(entries);
  });

  it('is refused if it cannot be read', () => {
    expect(() => decodeEntries('bm9wZQ==', 'ConfigMap x/y')).toThrow(
      expect.objectContaining({ code: 'state-invalid', subject: 'ConfigMap x/y' }),
    );
  });

  it('is refused before it is inflated to more than 8 MB', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20, ' ')).toString('base64');
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => decodeEntries(bomb, 'x')).toThrow(
      expect.objectContaining({
        code: 'state-invalid',
        cause: expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }) as unknown,
      }),
    );
  });

  it('is refused when the shards of one run inflate to more than 64 MB', () => {
    const inflate = inflater();
    const shard = gzipSync(Buffer.alloc(8 * 2 ** 20, ' '));
    for (let n = 1; n <= 8; n += 1) expect(inflate(shard)).toHaveLength(8 * 2 ** 20);
    expect(() => decodeEntries(encodeEntries(entries), 'x', inflate)).toThrow(
      expect.objectContaining({ code: 'state-invalid' }),
    );
  });

  it('is in shards of this target, each listed once, and at most 2,000 of them', () => {
    const parent = 'headgate-shop';
    expect(areShardsOf(parent, [])).toBe(true);
    expect(areShardsOf(parent, freshNames('shop', 2000, []))).toBe(true);
    expect(areShardsOf(parent, freshNames('shop', 2001, []))).toBe(false);
    expect(areShardsOf(parent, ['headgate-shop.1', 'headgate-shop.1'])).toBe(false);
    const foreign = ['', '.', 'bystander', '?labelSelector=x', 'headgate-shop', 'headgate-shop.', 'headgate-shop.0'];
    const more = [
      'headgate-shop.01',
      'headgate-shop.1e3',
      'headgate-shop.ready',
      'headgate-shop-2.1',
      'headgate-shop.1/x',
    ];
    expect([...foreign, ...more].filter((name) => areShardsOf(parent, [name]))).toEqual([]);
  });

  it('is stored on the parent up to 400 objects, and in shards of about 300 above', () => {
    expect([0, 400, 401, 10_000].map((count) => shardCount(count))).toEqual([0, 0, 2, 34]);
  });

  it('keeps all entries of a file in one shard, and every file in some shard', () => {
    const many = Array.from({ length: 1000 }, (_, n) =>
      anEntry(aResource('ConfigMap', `c${n}`, { file: `apps/${n % 100}.yaml` })),
    );
    const names = freshNames('shop', shardCount(many.length), ['headgate-shop.3', 'headgate-shop.4']);
    expect(names).toEqual(['headgate-shop.5', 'headgate-shop.6', 'headgate-shop.7', 'headgate-shop.8']);
    const shards = distribute(many, names, 'file');
    expect([...shards.values()].flat()).toHaveLength(1000);
    const byFile = Map.groupBy(
      [...shards].flatMap(([name, held]) => held.map(({ file }) => ({ name, file }))),
      ({ file }) => file,
    );
    expect([...byFile.values()].every((held) => new Set(held.map(({ name }) => name)).size === 1)).toBe(true);
    expect(shardOf('apps/1.yaml', 4)).toBe(shardOf('apps/1.yaml', 4));
  });

  it('is spread by object if the target is rendered as a whole', () => {
    const many = Array.from({ length: 1000 }, (_, n) =>
      anEntry(aResource('ConfigMap', `c${n}`, { file: 'apps/kustomization.yaml' })),
    );
    const names = freshNames('shop', shardCount(many.length), []);
    const sizes = [...distribute(many, names, 'object').values()].map((held) => held.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1000);
    expect(Math.max(...sizes)).toBeLessThan(400);
    expect([...distribute(many, names, 'file').values()].filter((held) => held.length > 0)).toHaveLength(1);
  });

  it('gets a new layout once it has outgrown the old one, not before', () => {
    const names = freshNames('shop', shardCount(600), []);
    expect([500, 1800, 1801, 300].map((count) => isOutgrown(names, count))).toEqual([false, false, true, true]);
    expect([400, 401].map((count) => isOutgrown([], count))).toEqual([false, true]);
  });
});

describe('the parent', () => {
  const A = 'a'.repeat(40) as Revision;
  const state: TargetState = {
    ...NOTHING_RECORDED,
    applied: {
      source: { revision: A, rootTree: 'b'.repeat(40) as ObjectId, tree: 'c'.repeat(40) as ObjectId },
      settings: 's',
      renderer: { kind: 'helm', version: 'v4.2.3', chartDigest: 'sha256:e' },
      inputs: { base: 'd'.repeat(40) as ObjectId, gone: null },
      deployedAt: '2026-01-01T00:00:00Z',
    },
    inventory: {
      ...NOTHING_RECORDED.inventory,
      isRecorded: true,
      inline: entries,
      count: 3,
      groupKinds: ['ConfigMap', 'Deployment.apps'],
      namespaces: ['other'],
    },
    run: { dirty: ['apps/x.yaml'], lease: { run: 'r', holder: 'h', untilMs: 5 } },
    outcome: {
      verdict: 'deployed',
      errors: ['foreign-owner', 'kind-unknown'],
      attempted: A,
      backoff: { revision: A, settings: 's', class: 'guard', tries: 2, nextTryMs: 7 },
      pendingOn: A,
      rewind: null,
      retry: {
        revision: A,
        reason: 'host: the API server does not respond',
        since: '2026-01-01T00:00:00Z',
        gaveUpOn: 'd-1',
      },
    },
  };
  const stored = (change: JsonObject = {}): JsonObject => {
    const object = writeParent(state, aTarget());
    return {
      ...object,
      metadata: { ...(object['metadata'] as JsonObject), uid: 'u', resourceVersion: '1', ...change },
    };
  };

  it('is read as it was written', () => {
    expect(readParent(stored(), aTarget())).toEqual({ uid: 'u', resourceVersion: '1', state });
  });

  it('says with its format that it is held, so that a release which does not know holds refuses it', () => {
    const hold = { by: 'jo', reason: 'incident', since: '2026-11-28T10:02:00.000Z', at: A, from: null, until: null };
    const object = writeParent({ ...state, hold }, aTarget());
    const metadata = object['metadata'] as JsonObject;
    expect(metadata['annotations']).toMatchObject({ 'headgate.dev/format': '2' });
    const found = readParent({ ...object, metadata: { ...metadata, uid: 'u', resourceVersion: '1' } }, aTarget());
    expect(found.state).toEqual({ ...state, hold });
    expect((stored()['metadata'] as JsonObject)['annotations']).toMatchObject({ 'headgate.dev/format': '1' });
  });

  it.each([
    [
      'held in a way that cannot be read',
      {
        annotations: {
          ...((stored()['metadata'] as JsonObject)['annotations'] as JsonObject),
          'headgate.dev/hold': 'until Monday',
        },
      },
      'state-invalid',
    ],
    ['of another tool', { annotations: { 'applyset.kubernetes.io/tooling': 'kubectl/v1.36' } }, 'foreign-owner'],
    ["labeled with another set's id", { labels: { 'applyset.kubernetes.io/id': 'applyset-x-v1' } }, 'foreign-owner'],
    [
      'of a newer format',
      {
        annotations: {
          ...((stored()['metadata'] as JsonObject)['annotations'] as JsonObject),
          'headgate.dev/format': '3',
        },
      },
      'state-newer',
    ],
  ])('is refused if it is %s', (_what, change, code) => {
    expect(() => readParent(stored(change), aTarget())).toThrow(expect.objectContaining({ code }));
  });

  it('has the id that KEP-3659 defines', () => {
    expect(applySetId({ name: 'shop', namespace: 'shop' })).toMatch(/^applyset-[\w-]{43}-v1$/);
    expect(applySetId({ name: 'shop', namespace: 'shop' })).not.toBe(applySetId({ name: 'shop', namespace: 'blog' }));
  });
});
