import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DeployError } from '../../src/error/deploy-error.ts';
import { GIT_LIMITS } from '../../src/git/wire/limits.ts';
import type { GitLimits } from '../../src/git/wire/limits.ts';
import { inflatedUpTo, readPack } from '../../src/git/wire/pack.ts';
import type { ObjectStore } from '../../src/git/wire/pack.ts';
import { readPktLines } from '../../src/git/wire/pkt-line.ts';
import { BlockCounter, LINEAR } from '../rig/programs/growth.ts';
import { packOf } from '../rig/hostile/packs.ts';
import { BareRepository, removeRepositories } from './repository.ts';

afterAll(removeRepositories);

const repository = new BareRepository();
const text = (n: number) =>
  Array.from({ length: 60 }, (_, line) => `line ${line} ${line === n ? 'edited' : ''}`).join('\n');
for (let n = 0; n < 12; n += 1) repository.commit({ 'a.yaml': text(n), 'b.yaml': 'x', 'empty.yaml': '' });

/** A pack written by git, with deltas by offset or by id. */
function pack(...args: readonly string[]): Buffer {
  const objects = execFileSync('git', ['-C', repository.path, 'rev-list', '--objects', '--all'], {
    encoding: 'utf8',
  }).replaceAll(/ .*$/gm, '');
  return execFileSync(
    'git',
    ['-C', repository.path, 'pack-objects', '--stdout', '-q', '--no-reuse-delta', '--depth=50', '--window=50', ...args],
    { input: objects },
  );
}

const format = { hash: 'sha1', limits: GIT_LIMITS, subject: 'test' } as const;
const inflatedBy = ({ inflatedBytes }: GitLimits) => inflatedUpTo(inflatedBytes, format);

function read(bytes: Buffer, limits = GIT_LIMITS): ObjectStore {
  const store: ObjectStore = new Map();
  readPack(bytes, store, { ...format, limits, inflated: inflatedBy(limits) }).toArray();
  return store;
}

/** Any error other than a DeployError is a bug. */
function outcomeOf(work: () => unknown): 'read' | 'rejected' {
  try {
    work();
    return 'read';
  } catch (thrown) {
    if (thrown instanceof DeployError) return 'rejected';
    throw thrown;
  }
}

describe('a pack', () => {
  const ids = repository
    .git('rev-list', '--objects', '--all')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .toSorted();

  it.each([
    ['by offset', ['--delta-base-offset']],
    ['by id', []],
  ])('with deltas %s has the right id for every object', (_kind, args) => {
    expect([...read(pack(...args)).keys()].toSorted()).toEqual(ids);
  });

  it.each([
    ['the number of objects', { ...GIT_LIMITS, objects: 5 }],
    ['the size of one object', { ...GIT_LIMITS, objectBytes: 100 }],
    ['the inflated size', { ...GIT_LIMITS, inflatedBytes: 1000 }],
    ['the length of a delta chain', { ...GIT_LIMITS, deltaDepth: 0 }],
  ])('is rejected above the limit for %s', (_what, limits) => {
    expect(() => read(pack('--delta-base-offset'), limits)).toThrow(expect.objectContaining({ code: 'git-limit' }));
  });

  it('with one changed byte is refused and never hangs the parser', () => {
    const good = pack('--delta-base-offset');
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([at, by]) => {
        const bad = Buffer.from(good);
        bad[at] = (bad[at] ?? 0) ^ by;
        expect(() => read(bad)).toThrow(DeployError);
      }),
      { seed: 5, numRuns: 300 },
    );
    // The same with a matching checksum, so that the code after the check is reached.
    fc.assert(
      fc.property(change, ([at, by]) => {
        const body = Buffer.from(good.subarray(0, -20));
        body[at % body.length] = (body[at % body.length] ?? 0) ^ by;
        const bad = Buffer.concat([body, createHash('sha1').update(body).digest()]);
        // A changed bit may be insignificant; in any case objects are stored by the id of their content.
        expect(['read', 'rejected']).toContain(outcomeOf(() => read(bad)));
      }),
      { seed: 6, numRuns: 1500 },
    );
    for (const length of [0, 5, 12, 40, good.length - 1])
      expect(() => read(good.subarray(0, length))).toThrow(DeployError);
  });
});

describe('a hostile pack', () => {
  const counter = new BlockCounter(/\/src\/git\/wire\/pack/);
  afterAll(() => {
    counter.close();
  });

  it('of a chain of deltas, the last one first, is read in work proportional to its length', () => {
    const chain = (length: number) => {
      const contents = Array.from({ length }, (_, n) => Buffer.from('x'.repeat(n + 1)));
      return packOf(contents.map((content, n) => ({ content, base: contents[n - 1] ?? null })).toReversed());
    };
    expect(read(chain(100)).size).toBe(100);
    const growth = counter.growthOf((length) => {
      const bytes = chain(length);
      return () => read(bytes);
    }, 500);
    expect(growth).toBeLessThan(LINEAR);
  });

  it('is rejected when its deltas yield more than the limit of a run', () => {
    const base = Buffer.alloc(2 ** 20, 'x');
    const grown = Array.from({ length: 30 }, (_, n) => ({ content: Buffer.concat([base, Buffer.from([n])]), base }));
    const bytes = packOf([{ content: base, base: null }, ...grown]);
    expect(bytes.length).toBeLessThan(10_000);
    expect(() => read(bytes, { ...GIT_LIMITS, inflatedBytes: 20 * 2 ** 20 })).toThrow(
      expect.objectContaining({ code: 'git-limit' }),
    );
    expect(read(bytes).size).toBe(31);
  });
});

it('reads any bytes as pkt-lines or refuses them', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: fc.constantFrom('0', '1', '4', 'a', 'x') }).map((line) => Buffer.from(line)),
      ),
      (bytes) => {
        expect(['read', 'rejected']).toContain(outcomeOf(() => [...readPktLines(Buffer.from(bytes), 'test')]));
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});
