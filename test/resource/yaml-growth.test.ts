import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readYaml } from '../../src/resource/yaml.ts';

/**
 * Anyone who may push decides what is parsed, so no text may take more than its length is worth. Counted are the blocks of
 * code that run, by the engine's own coverage: the same in every run, however busy the machine is.
 */
const session = new Session();

beforeAll(() => {
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
});

afterAll(() => {
  session.disconnect();
});

function takeCoverage(): readonly Profiler.ScriptCoverage[] {
  let result: readonly Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw error;
    ({ result } = coverage);
  });
  return result;
}

function blocksRunBy(work: () => void): number {
  takeCoverage();
  work();
  const scripts = takeCoverage().filter(({ url }) => /\/node_modules\/yaml\/|\/src\/resource\//.test(url));
  return scripts
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

const LENGTH = 400;

/** How much more work twice the length is. */
function growthOf(textOf: (length: number) => string): number {
  const [once, twice] = [LENGTH, 2 * LENGTH].map((length) => {
    const text = textOf(length);
    return blocksRunBy(() => readYaml(text));
  });
  return (twice ?? 0) / (once ?? 1);
}

/** What is not proportional to the length is small at this length; growth with its square would be near 4. */
const LINEAR = 2.3;

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
      { numRuns: 150 },
    );
  });
});
