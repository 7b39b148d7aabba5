import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readYaml } from '../../src/resource/yaml.ts';
import { BlockCounter, LINEAR } from '../rig/programs/growth.ts';

// Anyone who may push decides what is parsed, so no text may take more than its length is worth.
const counter = new BlockCounter(/\/node_modules\/yaml\/|\/src\/resource\//);

afterAll(() => {
  counter.close();
});

const growthOf = (textOf: (length: number) => string) =>
  counter.growthOf((length) => {
    const text = textOf(length);
    return () => readYaml(text);
  }, 1200);

describe('reading YAML takes work in proportion to the length of', () => {
  const lines = (length: number, line: (n: number) => string) => Array.from({ length }, (_, n) => line(n)).join('');
  it.each<[string, (length: number) => string]>([
    ['a list of aliases of one anchor', (length) => `a: &x 1\nb: [${lines(length, () => '*x, ')}]\n`],
    ['merges of one anchor', (length) => `a: &x {k: 1}\nb:\n${lines(length, (n) => `  - {<<: *x, i: ${n}}\n`)}`],
    ['merge keys of one map', (length) => `a: &x {k: 1}\nb:\n${lines(length, () => '  <<: *x\n')}`],
    ['anchors that are defined again and again', (length) => lines(length, (n) => `k${n}: &a 1\nl${n}: *a\n`)],
    ['a chain of anchors', (length) => `a0: &a0 1\n${lines(length, (n) => `a${n + 1}: &a${n + 1} {x: *a${n}}\n`)}`],
    ['document end markers', (length) => '...\n'.repeat(length)],
    ['documents with end markers', (length) => 'a: 1\n...\n'.repeat(length)],
    ['documents', (length) => '---\na: 1\n'.repeat(length)],
    ['different keys', (length) => lines(length, (n) => `k${n}: 1\n`)],
    ['equal keys', (length) => 'k: 1\n'.repeat(length)],
    ['a text on many lines', (length) => `a: "x\n${'  y\n'.repeat(length)}"\n`],
    ['comments', (length) => `a:\n${'  # c\n'.repeat(length)}  b: 1\n`],
    ['errors', (length) => `a: {${'] '.repeat(length)}}\n`],
  ])('%s', (_what, textOf) => {
    expect(growthOf(textOf)).toBeLessThan(LINEAR);
  });

  it('any sequence of tokens that is repeated', () => {
    const TOKENS = ['*x', '&x ', '<<: *x', 'a: ', '- ', '? ', ': ', '{', '}', '[', ']', ', ', '"', "'", '|', '>', '#'];
    const MORE = ['!!str ', '!', '\n', '  ', '---\n', '...\n', '%YAML 1.1\n', '\t', '\r', 'a', '1', '\\', '@'];
    const token = fc.constantFrom(...TOKENS, ...MORE);
    const texts = fc.record({
      before: fc.array(token, { maxLength: 4 }),
      repeated: fc.array(token, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(texts, ({ before, repeated }) => {
        const textOf = (length: number) => `a: &x {k: 1}\n${before.join('')}${repeated.join('').repeat(length)}\n`;
        expect(growthOf(textOf)).toBeLessThan(LINEAR);
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
