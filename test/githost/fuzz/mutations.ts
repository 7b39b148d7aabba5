import { pickFrom } from '../../rig/chaos/random.ts';

type Random = () => number;
export type Headers = Readonly<Record<string, string | undefined>>;

/** Bytes that parsers trip over. */
const PIECES: readonly string[] = [
  '',
  '\0',
  '\uFEFF',
  '"',
  '\\u0000',
  '{',
  ']',
  '%',
  'payload=',
  '0'.repeat(40),
  '1'.repeat(64),
  '{"a":'.repeat(500),
  'é'.repeat(300),
];

/** Values that are in the wrong place wherever they are. */
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  9_007_199_254_740_993,
  '',
  'refs/heads/main',
  'refs/heads/',
  'refs/heads/../../x',
  'refs/tags/v1',
  '0'.repeat(40),
  '0'.repeat(39),
  'G'.repeat(40),
  '2'.repeat(40),
  '2'.repeat(64),
  '\u0000',
  '\uD800',
  'x'.repeat(10_000),
  [],
  {},
  [null],
  [[[[[[[[]]]]]]]],
  { toString: 1, constructor: null, length: -1 },
  JSON.parse('{"__proto__":{"ref":"refs/heads/main","id":42}}'),
];

/** One to three changes of bytes: flipped, cut, repeated or inserted. */
export function mutateBytes(body: Buffer, random: Random): Buffer {
  let mutated = body;
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes -= 1) mutated = mutateOnce(mutated, random);
  return mutated;
}

function mutateOnce(body: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * (body.length + 1));
  const length = Math.floor(random() * Math.min(64, body.length));
  switch (Math.floor(random() * 5)) {
    case 0: {
      const flipped = Buffer.from(body);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return flipped;
    }
    case 1:
      return body.subarray(0, at);
    case 2:
      return Buffer.concat([body.subarray(0, at), body.subarray(at + length)]);
    case 3:
      return Buffer.concat([body.subarray(0, at), body.subarray(at, at + length), body.subarray(at)]);
    default:
      return Buffer.concat([body.subarray(0, at), Buffer.from(pickFrom(PIECES, random) ?? ''), body.subarray(at)]);
  }
}

/** The payload with one value replaced, left out, repeated as a list or renamed, at any depth. */
export function mutatePayload(payload: unknown, random: Random): unknown {
  if (random() < 0.2 || typeof payload !== 'object' || payload === null) return pickFrom(VALUES, random);
  const entries = Object.entries(payload);
  const chosen = Math.floor(random() * entries.length);
  const mutated = entries.flatMap(([key, value], index): [string, unknown][] => {
    if (index !== chosen) return [[key, value]];
    const dice = random();
    if (dice < 0.1) return [];
    if (dice < 0.2) return [[`${key} `, value]];
    if (dice < 0.3) return [[key, [value, value]]];
    return [[key, mutatePayload(value, random)]];
  });
  return Array.isArray(payload) ? mutated.map(([, value]) => value) : Object.fromEntries(mutated);
}

/** One header left out, emptied, cut, doubled, or given to another name. */
export function mutateHeaders(headers: Headers, random: Random): Headers {
  const names = Object.keys(headers);
  const name = pickFrom(names, random) ?? '';
  const value = headers[name] ?? '';
  const other = pickFrom(names, random) ?? '';
  const values = [
    undefined,
    '',
    value.slice(0, Math.floor(random() * value.length)),
    `${value}, ${value}`,
    `${value}${pickFrom(PIECES, random) ?? ''}`,
    value.toUpperCase(),
    headers[other],
    `sha256=${'0'.repeat(64)}`,
    'v1,',
    'x'.repeat(5_000),
  ];
  return { ...headers, [name]: pickFrom(values, random) };
}
