import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileGlob } from '../../src/config/checked/compile-glob.ts';
import { excluderOf } from '../../src/config/derived/excluded.ts';
import { globError } from '../../src/config/written/glob.ts';

const matcherOf = (glob: string) => excluderOf({ path: '', exclude: [compileGlob(glob)] });

function excludes(glob: string, path: string): boolean {
  expect(globError(glob)).toBe(null);
  return matcherOf(glob)(path);
}

describe('a glob of exclude', () => {
  it.each([
    ['treats ** as any directories, also none', 'a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/xb', 'b']],
    ['treats a final ** as everything below, and not as the directory itself', 'a/**', ['a/b', 'a/b/c'], ['a', 'ab']],
    ['treats ** inside a name as *', 'a**.yaml', ['a.yaml', 'ab.yaml'], ['a/b.yaml', 'ab/c.yaml']],
    ['treats ** at the start of a name as *', '**.yaml', ['a.yaml', '.yaml'], ['a/b.yaml']],
    ['treats ? as one character of a name', 'a?c', ['abc', 'aéc', 'a.c'], ['ac', 'a/c', 'abbc']],
    ['treats brackets as one of their characters', '[a-c][!x].yaml', ['ab.yaml', 'c-.yaml'], ['ax.yaml', 'db.yaml']],
    ['treats brackets neither as a slash nor as their own text', 'a[!b]c', ['axc'], ['a/c', 'a[!b]c']],
    [
      'treats braces as alternatives, also nested and with slashes',
      '{a,b/{c,d}}/x',
      ['a/x', 'b/c/x', 'b/d/x'],
      ['b/x'],
    ],
    ['treats braces without a comma as text', 'a{b}c', ['a{b}c'], ['abc']],
    ['treats parentheses and quotes as text', '"(a|b)+".yaml', ['"(a|b)+".yaml'], ['a.yaml', 'ab.yaml']],
    ['treats an escaped character as text', String.raw`\*\{a,b}\[c]`, ['*{a,b}[c]'], ['xa[c]', 'xac']],
    ['treats a quantifier of regular expressions as text', '[a]+[a]+', ['a+a+'], ['aa', 'aaaa']],
  ])('%s', (_name, glob, taken, left) => {
    expect(taken.filter((path) => !excludes(glob, path))).toEqual([]);
    expect(left.filter((path) => excludes(glob, path))).toEqual([]);
  });
});

describe('Git’s own matching of the same globs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-globs-'));
  const git = (input: string, ...args: readonly string[]) =>
    execFileSync('git', args, { cwd: directory, input, encoding: 'utf8' });
  beforeAll(() => {
    git('', 'init', '-q');
    mkdirSync(join(directory, '.git', 'info'), { recursive: true });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Which pairs of glob and path match. Attributes have the patterns of .gitignore, without its rule for whole directories. */
  function matchesOfGit(globs: readonly string[], paths: readonly string[]): ReadonlySet<string> {
    const lines = globs.map((glob, index) => `/${glob} glob${index}\n`);
    writeFileSync(join(directory, '.git', 'info', 'attributes'), lines.join(''));
    const fields = git(paths.join('\0'), 'check-attr', '-a', '-z', '--stdin').split('\0');
    return new Set(
      fields.flatMap((path, index) =>
        index % 3 === 0 && path !== '' ? [`${globs[Number(fields[index + 1]?.slice(4))] ?? ''} ${path}`] : [],
      ),
    );
  }

  it('agrees on random globs and paths', () => {
    const text = (parts: readonly string[], maxLength: number) =>
      fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength }).map((found) => found.join(''));
    const name = text(['a', 'b', '.', '-', '(', '+', '*', '['], 5).filter((each) => !/^\.{1,2}$/.test(each));
    const part = text(['a', 'b', '.', '-', '+', '(', '*', '?', '[ab]', '[!a]', '\\*', '\\['], 5)
      // Git treats `a**` as `a/**`, against its documentation: once `a` is compared, `**` is at the start.
      .filter((each) => !each.includes('**'));
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const glob = fc
      .array(fc.oneof(part, fc.constant('**')), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter((each) => globError(each) === null);
    const globs = [...new Set(fc.sample(glob, { numRuns: 200, seed: 1 }))];
    const paths = [...new Set(fc.sample(path, { numRuns: 400, seed: 2 }))];
    const expected = matchesOfGit(globs, paths);
    const pairs = globs.flatMap((each) => {
      const isExcluded = matcherOf(each);
      return paths.filter(isExcluded).map((file) => `${each} ${file}`);
    });
    expect(pairs.toSorted()).toEqual([...expected].toSorted());
    expect(pairs.length).toBeGreaterThan(1000);
  });
});

describe('a glob that is refused', () => {
  it.each([
    ['a/@(b|c)', 'has the extended glob @(: write alternatives as {a,b}, and a literal parenthesis as \\('],
    ['*(copy).yaml', 'has the extended glob *(: write alternatives as {a,b}, and a literal parenthesis as \\('],
    ['v{1..12}.yaml', 'has the range {1..12}: write its values as {a,b}'],
    ['v[[:digit:]].yaml', 'has the character class [:digit:]: write its characters, such as [a-z]'],
    ['a[/]b', 'has a slash within brackets, where it never matches'],
    ['{a,..}/b', 'leaves the path of the target'],
    ['a//b', 'matches no file: it has an empty segment'],
    ['./a', 'matches no file: it has the segment .'],
    ['a\\', 'has a backslash that escapes nothing'],
    ['{a,b}'.repeat(7), 'expands to more than 100 globs'],
    ['{a,a}'.repeat(100), 'expands to more than 100 globs'],
  ])('gets the reason and the remedy: %s', (glob, mistake) => {
    expect(globError(glob)).toBe(mistake);
  });

  it('has no escaped special characters, and more than 100 alternatives', () => {
    expect(globError(String.raw`*\(copy).yaml`)).toBe(null);
    expect(globError(String.raw`a\\`)).toBe(null);
    expect(globError(`{${Array.from({ length: 100 }, () => 'a').join()}}`)).toBe(null);
    expect(globError(`{${Array.from({ length: 101 }, () => 'a').join()}}`)).not.toBe(null);
  });
});

describe('a name that was chosen to match slowly', () => {
  const names = `${'a'.repeat(1023)}b`;
  const depth = `${'a/'.repeat(511)}b`;

  // Most of these take a backtracking matcher longer than a human life.
  it.each([
    ['ten wildcards in a name', '*a'.repeat(10), names],
    ['ten wildcards with optional characters', '*[ab]?'.repeat(10), `${'a'.repeat(1023)}/`],
    ['wildcards in several names', '*a*/*a*/*a*/*a*/*a*/x', `${`${'a'.repeat(200)}/`.repeat(5)}y`],
    ['ten **', '**/a/'.repeat(10), depth],
    ['** with wildcards', '**/*a*/**/*a*/**/*a*/x', depth],
    ['quantified brackets', '[a]+'.repeat(50), names],
    ['a repeated group', '(a+)+(a+)+c', names],
    ['alternatives', '{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}{a,aa}*', `${'a'.repeat(12)}/b`],
  ])('costs no more than others, against %s', (_name, glob, path) => {
    const isExcluded = matcherOf(glob.replace(/\/$/, ''));
    const startedMs = performance.now();
    for (let times = 0; times < 100; times += 1) isExcluded(path);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
