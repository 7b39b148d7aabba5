import fc from 'fast-check';
import type { HostileInput } from './inputs.ts';
import { packOf } from './packs.ts';

const TOKENS = ['*x', '&x ', '<<: *x', 'a: ', '- ', '? ', ': ', '{', '}', '[', ']', ', ', '"', "'", '|', '>', '#'];
const MORE = ['!!str ', '!', '\n', '  ', '---\n', '...\n', '%YAML 1.1\n', '\t', '\r', 'a', '1', '\\', '@', '${a}', 'ſ'];
const token = fc.constantFrom(...TOKENS, ...MORE);
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n';
const HEADS = ['', 'a: &x {k: 1}\n', CONFIG_MAP, 'kind: List\nitems:\n'];

/** A head, and a few tokens that are repeated up to this length: what is worse than linear shows in such texts. */
const text = fc
  .record({
    head: fc.constantFrom(...HEADS),
    before: fc.array(token, { maxLength: 4 }),
    repeated: fc.array(token, { minLength: 1, maxLength: 5 }),
    bytes: fc.constantFrom(1_000, 30_000, 33_000, 200_000, 1_000_000),
  })
  .map(({ head, before, repeated, bytes }) => () => {
    const unit = repeated.join('');
    return `${head}${before.join('')}${unit.repeat(Math.ceil(bytes / unit.length))}\n`;
  });

const pack = fc
  .record({ size: fc.integer({ min: 1, max: 2 ** 22 }), count: fc.integer({ min: 1, max: 40 }), isDelta: fc.boolean() })
  .map(({ size, count, isDelta }) => () => {
    const base = Buffer.alloc(size, 'x');
    return packOf(
      (function* entries() {
        for (let n = 0; n < count; n += 1)
          yield { content: Buffer.concat([base, Buffer.from([n])]), base: isDelta ? base : null };
        yield { content: base, base: null };
      })(),
    );
  });

/** Made when it is measured: together, the inputs take more memory than one may. */
type Make = () => HostileInput;

const input: fc.Arbitrary<Make> = fc.oneof(
  { arbitrary: text.map((make) => () => ({ kind: 'file', text: make() }) as const), weight: 7 },
  { arbitrary: text.map((make) => () => ({ kind: 'kustomization', text: make() }) as const), weight: 2 },
  { arbitrary: pack.map((make) => () => ({ kind: 'pack', bytes: make() }) as const), weight: 1 },
);

/** The same inputs for the same seed. */
export function generatedInputs(count: number, seed: number): readonly Make[] {
  return fc.sample(input, { numRuns: count, seed });
}
