import { describe, expect, it } from 'vitest';
import { prettyLog } from '../../../src/cli/terminal/pretty-log.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import { makePaint } from '../../../src/cli/terminal/paint.ts';
import { formatProblem } from '../../../src/cli/terminal/format-problem.ts';
import { formatTable } from '../../../src/cli/terminal/table.ts';
import type { Log } from '../../../src/deploy/ports/log.ts';

const AT = Date.parse('2026-03-01T12:00:00.250Z');
const LINE = {
  level: 'warn',
  message: 'refused',
  target: 'shop-prod',
  revision: '0123456789abcdef0123456789abcdef01234567',
  previous: null,
  created: 0,
  stagesMs: { fetch: 120 },
  warnings: [],
  errors: [
    { code: 'manifest-invalid', subject: 'a.yaml:7', message: 'unknown field "x"\nand more', remedy: 'Fix it.' },
  ],
} as const;

function linesOf(
  make: (output: { write: (text: string) => void; nowMs: () => number }) => Log,
  line: Parameters<Log>[0],
): string {
  const written: string[] = [];
  make({ write: (text) => void written.push(text), nowMs: () => AT })(line);
  return written.join('');
}

const plain = makePaint({ isTerminal: false, env: {} });

describe('the log', () => {
  it('puts time, level and message first in JSON, and keeps the fields as they are', () => {
    const text = linesOf(jsonLog, LINE);
    expect(text).toMatch(/^\{"time":"2026-03-01T12:00:00\.250Z","level":"warn","message":"refused","target":/);
    expect(text.endsWith('\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({ time: '2026-03-01T12:00:00.250Z', ...LINE });
  });

  it('writes one line of JSON, and integers of any size', () => {
    const text = linesOf(jsonLog, { level: 'info', message: 'a\nb', big: 2n ** 64n });
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toMatchObject({ message: 'a\nb', big: '18446744073709551616' });
  });

  it('writes one line for people, without empty fields and with short ids', () => {
    const text = linesOf((output) => prettyLog({ ...output, paint: plain }), LINE);
    expect(text.replace(/^\d\d:\d\d:\d\d /, '')).toBe(
      'warn  refused target=shop-prod revision=0123456789ab created=0 stagesMs.fetch=120 errors=a.yaml:7 unknown field "x" and more\n',
    );
  });

  it('shows in JSON what would change the order of the text as an escape with the same meaning', () => {
    const message = 'a\u202egpj.yaml\u2028\u009b2J';
    const text = linesOf(jsonLog, { level: 'info', message });
    expect(text).toContain('"a\\u202egpj.yaml\\u2028\\u009b2J"');
    expect(JSON.parse(text)).toMatchObject({ message });
  });

  it('shows control characters as codes, so that a manifest cannot move the cursor', () => {
    const text = linesOf((output) => prettyLog({ ...output, paint: plain }), {
      level: 'info',
      message: 'a\u001b[2Jb',
      note: 'c\rd',
    });
    expect(text).toContain('a\\x1b[2Jb note=c\\x0dd');
  });
});

function paint(isTerminal: boolean, env: Record<string, string>): string {
  return makePaint({ isTerminal, env })('red', 'a');
}

describe('colors', () => {
  it('colors text on a terminal only, and never with NO_COLOR', () => {
    expect(paint(true, {})).toBe('\u001b[31ma\u001b[39m');
    expect(paint(true, { NO_COLOR: '' })).toBe('\u001b[31ma\u001b[39m');
    expect(paint(true, { NO_COLOR: '1' })).toBe('a');
    expect(paint(true, { TERM: 'dumb' })).toBe('a');
    expect(paint(false, {})).toBe('a');
  });
});

describe('an error', () => {
  it('prints an error with its message, subject and remedy', () => {
    const problem = {
      code: 'usage',
      message: 'no\u0007 target',
      subject: 'headgate.yml:3',
      remedy: 'Add one.',
    } as const;
    expect(formatProblem(problem, plain)).toBe('error: no\\x07 target\n  where:  headgate.yml:3\n  remedy: Add one.\n');
  });
});

describe('a table', () => {
  it('prints columns as wide as needed, without trailing spaces', () => {
    expect(
      formatTable(
        ['A', 'LONG'],
        [
          ['wide cell', 'x'],
          ['b', 'two\nlines'],
        ],
      ),
    ).toBe('A          LONG\nwide cell  x\nb          two lines');
  });
});
