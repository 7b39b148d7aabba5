import { describe, expect, it } from 'vitest';
import { objectTree } from '../../src/page/object-tree.ts';
import type { DescendantNode, OwnedObject } from '../../src/page/object-tree.ts';

const ready = { kind: 'ready', reason: '' } as const;

function owned(name: string, change: Partial<OwnedObject> = {}): OwnedObject {
  return {
    kind: 'Deployment',
    namespace: 'shop',
    name,
    health: ready,
    source: 'a.yaml',
    mayHaveDrifted: false,
    uid: name,
    ...change,
  };
}

function made(name: string, owner: string, change: Partial<DescendantNode> = {}): DescendantNode {
  return { kind: 'Pod', namespace: 'shop', name, uid: name, owner, health: ready, ...change };
}

describe('the tree of objects', () => {
  it('puts what controllers made below its owner, however deep, and leaves out what others own', () => {
    const [web, other] = objectTree([owned('web')], [made('pod', 'set'), made('set', 'web'), made('stranger', 'x')]);
    expect(other).toBeUndefined();
    expect(web?.children.map(({ name, children }) => [name, children.map((child) => child.name)])).toEqual([
      ['set', ['pod']],
    ]);
  });

  it('has what does not work first', () => {
    const failed = { kind: 'failed', reason: 'r' } as const;
    const nodes = objectTree([owned('a', { health: null }), owned('b'), owned('c', { health: failed })], []);
    expect(nodes.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
  });

  it('ends at owners that name each other', () => {
    expect(objectTree([owned('web')], [made('a', 'web'), made('web', 'a')])).toHaveLength(1);
  });
});
