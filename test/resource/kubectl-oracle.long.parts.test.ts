import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, parseJson } from '../../src/resource/json.ts';
import { readManifests } from '../../src/resource/manifests.ts';
import type { Json } from '../../src/resource/resource.ts';
import { run } from '../rig/programs/command.ts';
import { getTools } from '../rig/programs/tools.ts';

let kubectl = '';
beforeAll(async () => {
  ({ kubectl } = await getTools());
});

const HEAD = 'apiVersion: x.example/v1\nkind: Any\nmetadata: { name: a }\n';

/** How the real kubectl reads a document, without a server; null when it rejects it. */
async function kubectlReads(text: string): Promise<Json | null> {
  const { code, stdout } = await run(kubectl, ['annotate', '--local', '-f', '-', 'z=z', '-o', 'json'], { input: text });
  return code === 0 ? parseJson(stdout) : null;
}

function headgateReads(text: string): Json | null {
  const { manifests, problems } = readManifests({ path: 'a.yaml', bytes: Buffer.from(text) });
  const [manifest] = manifests;
  if (problems.length > 0 || manifest === undefined) return null;
  const metadata = manifest.object['metadata'];
  return { ...manifest.object, metadata: { ...(metadata as object), annotations: { z: 'z' } } };
}

/** The same text as editors on Windows, and very old ones on the Mac, save it. */
const SAVED_AS: readonly (readonly [editor: string, save: (text: string) => string])[] = [
  ['LF', (text) => text],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['CR', (text) => text.replaceAll('\n', '\r')],
  ['LF with a byte order mark', (text) => `\uFEFF${text}`],
  ['CRLF with a byte order mark', (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`],
];

async function expectSame(text: string): Promise<void> {
  for (const [editor, save] of SAVED_AS) {
    // kubectl finds no separator between bare carriage returns and drops what follows it; Headgate refuses the file.
    if (editor === 'CR' && text.includes('\n---')) continue;
    const saved = save(text);
    const [expected, actual] = [await kubectlReads(saved), headgateReads(saved)];
    expect(actual === null ? null : canonicalJson(actual), `${editor}: ${text}`).toBe(
      expected === null ? null : canonicalJson(expected),
    );
  }
}

const SCALARS = [
  [
    'on',
    'off',
    'yes',
    'no',
    'y',
    'n',
    'Y',
    'N',
    'NO',
    'On',
    'true',
    'TRUE',
    'false',
    'True',
    'tRue',
    '~',
    'null',
    'Null',
    'NULL',
    '',
  ],
  [
    '017',
    '0o17',
    '08',
    '0o8',
    '1_000',
    '0b11',
    '0b2',
    '0x1F',
    '0X1f',
    '0x',
    '0b',
    '+1',
    '-1',
    '-0',
    '1.',
    '.5',
    '-.5',
    '1e3',
    '1e400',
    '-1e400',
    '1e+3',
    '1e-7',
    '1E5',
    '0x1p2',
    '0.1',
    '1.0',
    '1e21',
    '100000000000000000000.0',
  ],
  [
    '12345678901234567890',
    '9007199254740993',
    '-9223372036854775808',
    '9223372036854775807',
    '9223372036854775808',
    '18446744073709551615',
    '123456789012345678901',
    '1__0',
    '1_',
    '_1',
  ],
  [
    '12:30:45',
    '190:20:30',
    '2026-01-01',
    '2001-12-14t21:59:43.10-05:00',
    '=',
    '<<',
    '!!binary aGk=',
    '!!str 12',
    '!!float 12',
    "!!int '12'",
    '!foo bar',
    "'on'",
    '"017"',
    'a b',
    '1.2.3',
    '0777',
    '00',
    '0_7',
    '.e1',
    '.inf2',
    '1e',
    'é😀',
    '"\\u0085\\x7f"',
  ],
].flat();

describe('Headgate, compared with the real kubectl', () => {
  it('reads every scalar the same way: as a value, in a list, and as a key', async () => {
    const values = SCALARS.map((scalar, n) => `  v${n}: ${scalar}`).join('\n');
    await expectSame(
      `${HEAD}spec:\n${values}\nlist:\n${SCALARS.filter((scalar) => scalar !== '<<')
        .map((scalar) => `- ${scalar}`)
        .join('\n')}\n`,
    );
    // Go keeps the keys 1 and 1.0 apart and then writes both as "1", in a different order.
    const unusual = new Set([
      '1.',
      '1.0',
      '1e3',
      '1e+3',
      '1E5',
      '~',
      'null',
      'Null',
      'NULL',
      '',
      '<<',
      '=',
      '9223372036854775808',
      '12345678901234567890',
      '18446744073709551615',
      '1e21',
      '100000000000000000000.0',
      '123456789012345678901',
    ]);
    const keys = SCALARS.filter((scalar) => !unusual.has(scalar) && !scalar.includes('!'));
    await expectSame(`${HEAD}spec:\n${keys.map((key, n) => `  ${key}: ${n}`).join('\n')}\n`);
  });

  it.each([
    ['the last of two equal keys', 'a: 1\na: 2\n'],
    ['the last of two keys that become equal', 'spec: { y: 1, on: 2 }\n'],
    ['merges', 'b: &b { x: 1, w: 2 }\na: { x: 5, <<: *b, w: 3 }\n'],
    ['merges of several', 'b: &b { x: 1 }\nc: &c { x: 2, z: 3 }\na: { <<: [*b, *c], y: 2 }\n'],
    ['a quoted merge key', "a: { '<<': 3 }\n"],
    ['a merge of something other than a map', 'a: { <<: 3 }\n'],
    ['a set', 'a: !!set {x, y}\n'],
    ['a null key', 'a: { ~: x }\n'],
    ['infinity', 'a: .inf\n'],
    ['a map as key', '? [a, b]\n: c\n'],
    ['aliases', 'a: &x [1, { b: 2 }]\nb: *x\n'],
    ['block scalars', 'a: |\n  x\n   y\n\nb: >-\n  one\n  two\n\n  three\nc: |+\n  z\n\n'],
    ['a separator inside a block scalar', 'a: |\n  x\n  ---\n  y\n'],
    ['a document that ends with ...', 'a: 1\n...\n'],
    ['a directive', '%YAML 1.1\n---\na: 1\n'],
    ['a tab', 'a:\n\tb: 1\n'],
  ])('reads or rejects %s the same way', async (_what, text) => {
    await expectSame(`${HEAD}${text}`);
  });

  it.each([
    ['a separator', '---\n'],
    ['a separator with a comment', '--- # next\n'],
    ['a comment and a separator', '# a comment\n---\n'],
    ['an empty line and a separator', '\n---\n'],
  ])('reads the last value before %s the same way, whatever ends its line', async (_what, end) => {
    const last = [
      'i',
      "'i'",
      '"i"',
      'i # comment',
      '|\n    i',
      '>-\n    i\n    j',
      '[a, b]',
      '{ c: d }',
      '12',
      'on',
      '~',
    ];
    for (const value of last) {
      for (const [editor, save] of SAVED_AS.filter(([name]) => name !== 'CR')) {
        const saved = save(`${HEAD}spec:\n  a: ${value}\n${end}${HEAD}`);
        const first = (await run(kubectl, ['annotate', '--local', '-f', '-', 'z=z', '-o', 'json'], { input: saved }))
          .stdout;
        const [expected = ''] = first.split(/\n(?=\{)/);
        const actual = headgateReads(saved);
        expect(actual === null ? null : canonicalJson(actual), `${editor}: ${value}`).toBe(
          canonicalJson(parseJson(expected)),
        );
      }
    }
  });

  it.each(['\n', '\r\n', '\r'])(
    'reads the last value before the end of a file that lacks its last line break, with %j',
    async (lineBreak) => {
      for (const value of ['i', "'i'", '"i"', '12', '[a, b]']) {
        const saved = `${HEAD}spec:\n  a: ${value}`.replaceAll('\n', lineBreak);
        expect(canonicalJson(headgateReads(saved) ?? null)).toBe(canonicalJson((await kubectlReads(saved)) ?? null));
      }
    },
  );

  it('reports errors of a file with CRLF at the same lines as with LF', () => {
    const text = `${HEAD}---\n${HEAD}spec: [a\n---\na: 'b\n`;
    const linesOf = (saved: string) =>
      readManifests({ path: 'a.yaml', bytes: Buffer.from(saved) }).problems.map(({ subject }) => subject);
    expect(linesOf(text.replaceAll('\n', '\r\n'))).toEqual(linesOf(text));
    expect(linesOf(text)).toHaveLength(2);
  });

  it('reads 400 random documents the same way', async () => {
    const scalar = fc.oneof(
      fc.constantFrom(
        ...SCALARS.filter((each) => each !== '' && !each.includes('!') && !/["'\\]/.test(each) && each !== '<<'),
      ),
      fc.integer().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }).map(String),
      fc.string({ unit: fc.constantFrom(...'abc 09-_.') }).map((text) => JSON.stringify(text)),
      fc.string({ unit: fc.constantFrom(..."ab'é 1") }).map((text) => `'${text.replaceAll("'", "''")}'`),
    );
    const flow = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
        fc
          .array(fc.tuple(fc.constantFrom('a', 'b', 'on', '12', '"q r"', 'x-y', '1.5'), tie('value')), { maxLength: 3 })
          .map((pairs) => `{${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
      ),
    })).value;
    const block = fc
      .tuple(
        fc.constantFrom('|', '|-', '|+', '>', '>-'),
        fc.array(fc.constantFrom('one', 'two words', '', '  indented', '# no comment'), { maxLength: 4 }),
      )
      .map(([style, lines]) => `${style}\n${['first', ...lines].map((line) => `    ${line}`).join('\n')}`);
    const document = fc
      .array(fc.oneof({ weight: 4, arbitrary: flow }, { weight: 1, arbitrary: block }), { minLength: 1, maxLength: 6 })
      .map((values) => `${HEAD}spec:\n${values.map((value, n) => `  k${n}: ${value}  \n  # a comment`).join('\n')}\n`);
    const samples = fc.sample(document, { seed: 11, numRuns: 400 });
    // One kubectl run for all accepted documents; a rejected one would hide the others, so those run one by one.
    const actual = samples.map((text) => headgateReads(text));
    const accepted = samples.filter((_, index) => actual[index] !== null);
    const { code, stdout } = await run(kubectl, ['annotate', '--local', '-f', '-', 'z=z', '-o', 'json'], {
      input: accepted.join('---\n'),
    });
    expect(code).toBe(0);
    const expected = stdout.split(/\n(?=\{)/).map((text) => canonicalJson(parseJson(text)));
    expect(actual.filter((value) => value !== null).map((value) => canonicalJson(value))).toEqual(expected);
    for (const text of samples.filter((_, index) => actual[index] === null))
      expect(await kubectlReads(text), text).toBeNull();
    expect(accepted.length).toBeGreaterThan(300);
  });
});
