import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/config/written/nearest.ts';
import { parseReference, formatReference } from '../../src/config/written/reference.ts';
import { settingsHash } from '../../src/config/derived/settings-hash.ts';
import type { Target } from '../../src/config/checked/config.ts';
import { configOf, file, read, withTarget } from './builders.ts';
import { compileGlob } from '../../src/config/checked/compile-glob.ts';
import { excluderOf } from '../../src/config/derived/excluded.ts';

const SEED = { seed: 3, numRuns: 300 };

const WORDS = [
  'clusters',
  'repositories',
  'targets',
  'lab',
  'kubeconfig',
  'fleet',
  'url',
  'host',
  'name',
  'prune',
  'ignore',
  '__proto__',
  '<<',
];
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(...WORDS));
const tree = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...WORDS), fc.string()), tie('node'), { maxKeys: 5 }),
  ),
})).node;

describe('readConfig', () => {
  it('returns a configuration, or errors with file, line and remedy, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom(...Array.from('ab:{}[]&*!-#\'"|>%@,? \n\t')) }),
        ),
        (text) => {
          expect(flawOf(text)).toBeNull();
        },
      ),
      SEED,
    );
  });

  it('returns a configuration, or errors with file, line and remedy, for any tree of values in any section', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom('', 'clusters', 'repositories', 'targets'), (value, section) => {
        expect(
          flawOf(
            JSON.stringify(section === '' ? value : { clusters: {}, repositories: {}, targets: [], [section]: value }),
          ),
        ).toBeNull();
      }),
      SEED,
    );
  });

  it('returns a configuration, or errors with file, line and remedy, for a file that is truncated or lacks a line', () => {
    const text = withTarget('ignore:\n      - { kind: Deployment, paths: [/spec/replicas] }\n    prune: { limit: 3 }');
    const lines = text.split('\n');
    for (let end = 0; end < text.length; end += 1) expect(flawOf(text.slice(0, end))).toBeNull();
    for (const gone of lines.keys()) expect(flawOf(lines.filter((_, index) => index !== gone).join('\n'))).toBeNull();
  });
});

/** What is wrong with the result for a text; null when it is a configuration, or errors with file, line and remedy. */
function flawOf(text: string): string | null {
  const result = read(text);
  if ('config' in result) return null;
  if (result.problems.length === 0) return 'neither a configuration nor an error';
  const lines = text.split(/\r\n|\r|\n/).length;
  const areComplete = result.problems.every(({ subject, message, remedy }) => {
    const line = Number(/^headgate\.yml:(\d+)$/.exec(subject)?.[1]);
    return line >= 1 && line <= lines && message !== '' && remedy !== '';
  });
  return areComplete ? null : JSON.stringify(result.problems);
}

function targetOf(text: string): Target {
  const [target] = configOf(text).targets;
  if (target === undefined) throw new Error('no target');
  return target;
}

function hash(lines: string): string {
  return settingsHash(targetOf(withTarget(lines)));
}

function hashOf(part: Parameters<typeof file>[0]): string {
  return settingsHash(targetOf(file(part)));
}

function repository(url: string, secret: string): string {
  return `host: github\n    url: ${url}\n    webhookSecret: ${secret}`;
}

describe('the settings hash', () => {
  it.each([
    'path: a',
    'inputs: [a]',
    'role: arn:aws:iam::111122223333:role/a',
    'namespaces: ["*"]',
    'clusterScoped: true',
    'serviceAccount: shop/a',
    'conflicts: fail',
    'ignore: [{ paths: [/a] }]',
    'exclude: [a]',
  ])('changes with %s', (lines) => {
    expect(hash(lines)).not.toBe(hash(''));
  });

  it.each(['prune: { limit: 1 }', 'wait: 1s', 'drift: off', 'suspend: true', 'adopt: true'])(
    'does not change with %s',
    (lines) => {
      expect(hash(lines)).toBe(hash(''));
    },
  );

  it('changes with the cluster and the repository, but not with paths and secrets of one machine', () => {
    expect(hashOf({ cluster: 'kubeconfig: { context: other }' })).not.toBe(hashOf({}));
    expect(hashOf({ repository: repository('https://github.com/acme/other.git', 'env:A') })).not.toBe(hashOf({}));
    expect(hashOf({ cluster: 'kubeconfig: { path: /home/ada/config, context: lab }' })).toBe(hashOf({}));
    expect(hashOf({ repository: repository('https://github.com/acme/fleet.git', 'file:other') })).toBe(hashOf({}));
  });
});

function excluded(glob: string, path: string, at = 'clusters/prod'): boolean {
  return excluderOf({ path: at, exclude: [compileGlob(glob)] })(path);
}

describe('exclude', () => {
  it.each([
    ['**/values.yaml', 'clusters/prod/values.yaml', true],
    ['**/values.yaml', 'clusters/prod/a/b/values.yaml', true],
    ['values.yaml', 'clusters/prod/a/values.yaml', false],
    ['*.yaml', 'clusters/prod/a.yaml', true],
    ['*.yaml', 'clusters/prod/a/b.yaml', false],
    ['ci/**', 'clusters/prod/ci/.hidden/a.yaml', true],
    ['**/*.yaml', 'clusters/prod/.a.yaml', true],
    ['{ci,.github}/**', 'clusters/prod/.github/a.yaml', true],
    ['.github/**', 'clusters/prod/github/a.yaml', false],
  ])('with %s excludes %s: %s', (glob, path, isMatch) => {
    expect(excluded(glob, path)).toBe(isMatch);
  });

  it('is relative to the root when the target has no path', () => {
    expect(excluded('a/*', 'a/b.yaml', '')).toBe(true);
  });
});

describe('nearest', () => {
  it.each([
    ['kubeconfg', 'kubeconfig'],
    ['brnach', 'branch'],
    ['nameSpace', 'namespace'],
    ['colour', null],
  ])('suggests for %s: %s', (word, meant) => {
    expect(nearest(word, ['name', 'namespace', 'branch', 'kubeconfig'])).toBe(meant);
  });
});

describe('a reference to a secret', () => {
  it.each(['env:A_1', 'file:./a b', 'ssm:/a/b', 'secretsmanager:a', 'secretsmanager:a#b'])(
    'is formatted as it was written: %s',
    (text) => {
      const reference = parseReference(text);
      expect(reference === null ? null : formatReference(reference)).toBe(text);
    },
  );

  it.each([
    '',
    'env:',
    'env:1A',
    'env:A B',
    'file:',
    'vault:a',
    'secretsmanager:a#',
    'secretsmanager:a#b#c',
    'ENV:A',
    ' env:A',
  ])('is rejected when it is "%s"', (text) => {
    expect(parseReference(text)).toBeNull();
  });
});
