import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WORD_LIST } from './word-list.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Checked as a whole. Of the rest of `test`, only the titles are. */
const TEXTS = [
  'src',
  'functions',
  'infra',
  'bin',
  'bench',
  'docs',
  'test/rig',
  'serverless.yml',
  'vitest.config.ts',
].concat(['README', 'ARCHITECTURE', 'CHANGELOG', 'CONTRIBUTING'].map((name) => `${name}.md`));

function filesIn(path: string): readonly string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesIn(`${path}/${name}`));
}

interface Passage {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** The blocks of a file that are read as one text: a phrase may continue on the next line of a comment or paragraph. */
function passagesOf(content: string): readonly Passage[] {
  const passages: { line: number; text: string }[] = [];
  for (const [index, raw] of content.split('\n').entries()) {
    const [, marker = '', text = ''] = /^\s*(\*\/?|\/\*\*?|\/\/|#)?\s*(.*)$/.exec(raw) ?? [];
    passages.push({ line: index + 1, text: marker === '*/' ? '' : text });
  }
  return passages;
}

const TITLE = /(?:\b(?:describe|it|test)(?:\.(?!each\b)\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g;

function titlesOf(content: string): readonly Passage[] {
  return [...content.matchAll(TITLE)].map(({ index, 2: text = '' }) => ({
    line: content.slice(0, index).split('\n').length,
    text,
  }));
}

/** A key of the messages that release 0.1.0 sent, and the sample of a test below. */
const ALLOWED: ReadonlySet<string> = new Set(['src/queue/messages/body.ts `said`', 'test/language.test.ts `told`']);

/** ``src/a.ts:3 `is no`: write is not a``, in the order of the file. */
function findingsIn(path: string, passages: readonly Passage[], isFlowing: boolean): readonly string[] {
  return passages.flatMap(({ line, text }, index) => {
    const next = isFlowing ? (passages[index + 1]?.text ?? '') : '';
    return WORD_LIST.flatMap(({ pattern, instead }) => {
      const match = pattern.exec(`${text} ${next}`);
      // A match that begins on the next line is reported there.
      if (match === null || match.index >= Math.max(text.length, 1)) return [];
      if (ALLOWED.has(`${path} \`${match[0]}\``)) return [];
      return [`${path}:${line} \`${match[0]}\`: write ${instead}`];
    });
  });
}

describe('the word list', () => {
  it.each(WORD_LIST)('finds "$bad" and accepts "$good"', ({ pattern, bad, good }) => {
    expect(bad).toMatch(pattern);
    expect(good).not.toMatch(pattern);
  });

  it('finds a phrase that continues on the next line of a comment', () => {
    const content = '/**\n * A text that is\n * no name.\n */\n';
    expect(findingsIn('a.ts', passagesOf(content), true)).toEqual(['a.ts:2 `is no`: write is not a, is not a valid']);
  });

  it('finds a phrase in the title of a test and of a table of tests', () => {
    const content = "describe('a path', () => {\n  it.each([['in vain']])('is told to %s', () => {});\n});\n";
    expect(findingsIn('a.test.ts', titlesOf(content), false)).toEqual([
      'a.test.ts:2 `told`: write report, show, log, distinguish',
    ]);
  });

  it('covers only folders and files that exist', () => {
    expect(TEXTS.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('the language of Headgate', () => {
  it('is plain English in comments, messages and docs', () => {
    const files = TEXTS.flatMap((path) => filesIn(path));
    expect(files.length).toBeGreaterThan(200);
    const read = (path: string) => readFileSync(join(root, path), 'utf8');
    expect(files.flatMap((path) => findingsIn(path, passagesOf(read(path)), true))).toEqual([]);
  });

  it('is plain English in the titles of tests', () => {
    const files = filesIn('test').filter((path) => path.endsWith('.test.ts'));
    const passages = files.map((path) => [path, titlesOf(readFileSync(join(root, path), 'utf8'))] as const);
    expect(passages.flatMap(([, titles]) => titles).length).toBeGreaterThan(800);
    expect(passages.flatMap(([path, titles]) => findingsIn(path, titles, false))).toEqual([]);
  });
});
