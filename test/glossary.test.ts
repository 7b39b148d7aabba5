import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The rows of the glossary in ARCHITECTURE.md: a term, what it means, and the names it has in the code. */
function readGlossary(): readonly { readonly term: string; readonly names: readonly string[] }[] {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const section = /\n## Glossary\n(.*?)\n## /s.exec(text)?.[1] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim());
      const names = [...(cells[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
      return { term: cells[1] ?? '', names };
    });
}

function readDeclaredNames(): ReadonlySet<string> {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const declared = files.flatMap((path) => [
    ...readFileSync(join(root, 'src', path), 'utf8').matchAll(
      /^export (?:async )?(?:interface|type|function|const|class) (\w+)/gm,
    ),
  ]);
  return new Set(declared.map(([, name]) => name ?? ''));
}

const glossary = readGlossary();
const declared = readDeclaredNames();

describe('the glossary of ARCHITECTURE.md', () => {
  it('has terms', () => {
    expect(glossary.length).toBeGreaterThan(30);
  });

  it.each(glossary)('names code that exists for "$term"', ({ names }) => {
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !declared.has(name))).toEqual([]);
  });

  it('lists each term once', () => {
    const terms = glossary.map(({ term }) => term.toLowerCase());
    expect(terms.filter((term, index) => terms.indexOf(term) !== index)).toEqual([]);
  });
});
