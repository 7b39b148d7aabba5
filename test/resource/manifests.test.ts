import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { readManifests } from '../../src/resource/manifests.ts';

function read(text: string, path = 'apps/x.yaml') {
  return readManifests({ path, bytes: Buffer.from(text) });
}

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';

describe('a file of manifests', () => {
  it('is split into documents with their lines, skipping empty documents and comments', () => {
    const file = read(`# first\n---\n${CONFIG}---\n---\n# nothing\n--- # a comment\n\n${CONFIG.replace('a }', 'b }')}`);
    expect(file.manifests.map(({ name, source }) => [name, source.line])).toEqual([
      ['a', 3],
      ['b', 11],
    ]);
    expect(file.problems).toEqual([]);
    expect(file.unread).toEqual([]);
  });

  it('may be JSON, begin with a BOM, or have Windows line endings', () => {
    expect(read('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}', 'a.json').manifests).toHaveLength(1);
    expect(read(`\uFEFF${CONFIG}`).manifests).toHaveLength(1);
    expect(
      read(`${CONFIG}data:\n  k: |\n    x\n    y\n`.replaceAll('\n', '\r\n')).manifests[0]?.object['data'],
    ).toEqual({ k: 'x\ny\n' });
  });

  it('may be a List, whose items have their own lines and inherit the kind of a typed list', () => {
    const file = read(
      'apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: { name: a }\n- apiVersion: v1\n  kind: Secret\n  metadata: { name: b }\n',
    );
    expect(file.manifests.map(({ kind, name, source }) => [kind, name, source.line])).toEqual([
      ['ConfigMap', 'a', 4],
      ['Secret', 'b', 5],
    ]);
  });

  it('is reported with its documents that are not manifests, and the fields they lack', () => {
    const file = read(`values: 1\n---\n${CONFIG}---\nkind: X\nvalues: 2\n---\njust text\n`);
    expect(file.manifests).toHaveLength(1);
    expect(file.unread.map(({ problem: { subject, message } }) => [subject, message])).toEqual([
      ['apps/x.yaml:1', 'not a manifest: apiVersion, kind, metadata are missing'],
      ['apps/x.yaml:7', 'not a manifest: apiVersion, metadata are missing'],
      ['apps/x.yaml:10', 'not a manifest: the document is not a map'],
    ]);
  });

  it.each([
    ['an open bracket', `${CONFIG}data: [`, 'manifest-invalid'],
    ['a tab', `${CONFIG}data:\n\tk: v\n`, 'manifest-invalid'],
    ['a missing anchor', `${CONFIG}data: *gone\n`, 'manifest-invalid'],
    ['a null key', `${CONFIG}data: { ~: x }\n`, 'manifest-invalid'],
    ['infinity', `${CONFIG}data: .inf\n`, 'manifest-invalid'],
    ['text after the separator', `${CONFIG}--- x\n`, 'manifest-invalid'],
    ['a document after the end marker, which kubectl would drop', `${CONFIG}...\n${CONFIG}`, 'manifest-invalid'],
    ['a generated name', CONFIG.replace('name:', 'generateName:'), 'manifest-invalid'],
    ['an LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', 'lfs-pointer'],
  ])('is rejected for %s', (_what, text, code) => {
    expect(read(text).problems.map((problem) => problem.code)).toContain(code);
  });

  it('with more tokens than the parser has memory for is refused before it is parsed', () => {
    const text = (keys: number) => `${CONFIG}data: [${'1,'.repeat(keys)}]\n`;
    expect(read(text(300_000)).problems).toMatchObject([
      { message: 'the document has more than 600000 tokens: split it' },
    ]);
    // One value, however long.
    expect(read(`${CONFIG}data: { a: "${'x, '.repeat(400_000)}" }\n`).problems).toEqual([]);
  });

  it('with more values than an API server stores is refused as too large, and one with fewer is not', () => {
    const text = (keys: number) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {${Array.from({ length: keys }, (_, n) => `k${n}: v`).join(', ')}}\n`;
    // Besides the values of `data`: the object, apiVersion, kind, metadata, its name and data.
    expect(read(text(99_994))).toMatchObject({ manifests: [{ name: 'a' }], problems: [] });
    expect(read(text(99_995))).toMatchObject({ manifests: [], problems: [{ code: 'manifest-too-large' }] });
  });

  it('is rejected when it is not UTF-8 or too large', () => {
    expect(readManifests({ path: 'a.yaml', bytes: Uint8Array.of(0xff, 0xfe) }).problems[0]?.code).toBe(
      'file-unreadable',
    );
    expect(
      readManifests({ path: 'a.yaml', bytes: Buffer.alloc(11, 'a') }, { limits: { bytes: 10, documents: 1 } })
        .problems[0]?.code,
    ).toBe('manifest-too-large');
    expect(
      readManifests(
        { path: 'a.yaml', bytes: Buffer.from('---\na: 1\n---\na: 1\n') },
        { limits: { bytes: 100, documents: 1 } },
      ).problems[0]?.code,
    ).toBe('manifest-too-large');
  });

  it('is rejected when its aliases multiply or it is nested too deeply', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((name, n) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[n]}`).join(', ')}]`),
    ].join('\n');
    expect(read(`${CONFIG}${bomb}\n`).problems[0]?.message).toMatch(/aliases are expanded/);
    expect(read(`${CONFIG}data: ${'['.repeat(200)}${']'.repeat(200)}\n`).problems[0]?.message).toMatch(/levels deep/);
  });

  it('is never quoted in an error, because a line may hold a secret', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData:\n  pin: "hunter2\n  b: [hunter2\n';
    expect(JSON.stringify(read(text))).not.toContain('hunter2');
  });

  it('never makes the reader throw, whatever its bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string({ unit: fc.constantFrom(...'{}[]:,-&*!|>\'"%@`#? \n\tab01.~<') }).map((text) => Buffer.from(text)),
        ),
        (bytes) => void readManifests({ path: 'x.yaml', bytes }),
      ),
      { seed: 3, numRuns: 1500 },
    );
  });
});
