import { gzipSync } from 'node:zlib';
import { packOf } from './packs.ts';
import type { PackEntry } from './packs.ts';

/** Something that a pusher, an editor of the state or a stranger can send. */
export type HostileInput =
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'kustomization'; readonly text: string }
  | { readonly kind: 'trees'; readonly levels: number }
  | { readonly kind: 'pack'; readonly bytes: Buffer }
  | { readonly kind: 'inventory'; readonly text: string }
  | { readonly kind: 'shards'; readonly names: readonly string[] }
  | { readonly kind: 'bodies'; readonly count: number; readonly isSigned: boolean };

export interface NamedInput {
  readonly name: string;
  /** What it did before it had a limit. */
  readonly before: string;
  readonly make: () => HostileInput;
}

const lines = (length: number, line: (n: number) => string) => Array.from({ length }, (_, n) => line(n)).join('');
const file = (text: string): HostileInput => ({ kind: 'file', text });
const kustomization = (text: string): HostileInput => ({ kind: 'kustomization', text });
const entry = (content: Buffer, base: Buffer | null = null): PackEntry => ({ content, base });

/** The inputs of the first attack on Headgate, with what each did then. */
export const NAMED_INPUTS: readonly NamedInput[] = [
  {
    name: '20,000 aliases of one anchor',
    before: '60 s',
    make: () => file(`a: &x 1\nb: [${Array.from({ length: 20_000 }, () => '*x').join(', ')}]\n`),
  },
  {
    name: '20,000 merge keys of one anchor',
    before: 'over 40 s',
    make: () => file(`a: &x {k: 1}\nb:\n${lines(20_000, () => '  <<: *x\n')}`),
  },
  { name: '200,000 document end markers', before: 'over 40 s', make: () => file('...\n'.repeat(200_000)) },
  {
    name: 'a ConfigMap of 200,000 keys',
    before: 'refused by the server, retried',
    make: () =>
      file(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${lines(200_000, (n) => `  k${n}: v\n`)}`),
  },
  { name: 'a list of a million numbers', before: 'not tried', make: () => file(`a: [${'1,'.repeat(1_000_000)}]\n`) },
  {
    name: 'aliases of aliases, ten times each',
    before: 'not tried',
    make: () =>
      file(
        `a0: &a0 [1]\n${lines(9, (n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 10 }, () => `*a${n}`).join(', ')}]\n`)}`,
      ),
  },
  { name: '100,000 levels of lists', before: 'not tried', make: () => file(`a: ${'['.repeat(100_000)}\n`) },
  {
    name: 'ten times the same subtree, nine levels deep',
    before: '4.3 GB',
    make: () => ({ kind: 'trees', levels: 9 }),
  },
  {
    name: 'deltas of one base that yield 9 GB',
    before: '9 GB',
    make: () => {
      const base = Buffer.alloc(16 * 2 ** 20 - 1, 'x');
      const grown = Array.from({ length: 600 }, (_, n) =>
        entry(Buffer.concat([base, Buffer.from([n & 255, n >> 8])]), base),
      );
      return { kind: 'pack', bytes: packOf([entry(base), ...grown.slice(0, 40)]) };
    },
  },
  {
    name: 'a reversed chain of 4,000 deltas',
    before: '40 s for 20,000',
    make: () => {
      const contents = Array.from({ length: 4000 }, (_, n) => Buffer.from('x'.repeat(n + 1)));
      return {
        kind: 'pack',
        bytes: packOf(contents.map((each, n) => entry(each, contents[n - 1] ?? null)).toReversed()),
      };
    },
  },
  {
    name: '40 files of 40 MB in a small pack',
    before: '1.6 GB',
    make: () => ({
      kind: 'pack',
      bytes: packOf(Array.from({ length: 8 }, (_, n) => entry(Buffer.alloc(40 * 2 ** 20, n)))),
    }),
  },
  {
    name: 'an inventory that inflates to 1 GB',
    before: '1.4 GB',
    make: () => ({ kind: 'inventory', text: gzipSync(Buffer.alloc(2 ** 30 - 1, ' ')).toString('base64') }),
  },
  {
    name: '40,000 listed shards',
    before: 'read one by one',
    make: () => ({ kind: 'shards', names: Array.from({ length: 40_000 }, (_, n) => `headgate-shop.${n + 1}`) }),
  },
  {
    name: 'shards named after other objects',
    before: 'deleted them',
    make: () => ({ kind: 'shards', names: ['', 'bystander', '?labelSelector=app%3Dshop'] }),
  },
  {
    name: 'Files: in a generator of ConfigMaps',
    before: 'fetched the address',
    make: () => kustomization('configMapGenerator:\n  - name: a\n    Files: ["x=http://127.0.0.1:1/"]\n'),
  },
  {
    name: 'a field with a long s',
    before: 'fetched the address',
    make: () => kustomization('configMapGenerator:\n  - name: a\n    fileſ: ["x=http://127.0.0.1:1/"]\n'),
  },
  {
    name: 'Literals: in a generator of Secrets',
    before: 'showed the value',
    make: () => kustomization('secretGenerator:\n  - name: a\n    Literals: ["password=planted"]\n'),
  },
  {
    name: '60 unsigned bodies of 26 MB',
    before: '1,743 MB',
    make: () => ({ kind: 'bodies', count: 60, isSigned: false }),
  },
  {
    name: '60 bodies of 26 MB with a signature header',
    before: '1,743 MB',
    make: () => ({ kind: 'bodies', count: 60, isSigned: true }),
  },
];
