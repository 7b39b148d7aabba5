import { expect, it } from 'vitest';
import { jsonLog } from '../../src/app/json-log.ts';

function written(fields: object): string {
  const lines: string[] = [];
  const log = jsonLog({ write: (text) => void lines.push(text), nowMs: () => 0 });
  log({ level: 'error', message: 'refused', ...fields });
  return lines.join('');
}

const errors = (count: number, message: string) =>
  Array.from({ length: count }, (_, n) => ({ subject: `a:${n}`, message }));

it('the JSON log writes a line as it is', () => {
  const line: unknown = JSON.parse(written({ target: 'shop', errors: errors(500, 'is not valid'), bytes: 2n }));
  expect(line).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    level: 'error',
    message: 'refused',
    target: 'shop',
    errors: errors(500, 'is not valid'),
    bytes: '2',
  });
});

it.each([
  ['ten thousand errors', errors(10_000, 'x'.repeat(100))],
  ['errors whose text is escaped', errors(1_000, '\u202e'.repeat(300))],
  ['ten long errors', errors(10, 'x'.repeat(90_000))],
])('the JSON log writes only the first of %s, so that CloudWatch does not cut the line', (_what, all) => {
  const text = written({ target: 'shop', errors: all, warnings: all });
  const line = JSON.parse(text) as { errors: object[] };
  expect(text.length).toBeLessThan(200_010);
  expect(line).toMatchObject({ target: 'shop', isCut: true });
  expect(line.errors).toEqual(all.slice(0, line.errors.length));
  expect(line.errors.length).toBeGreaterThan(0);
});
