import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { IMPORTS } from './import-table.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Rooms that know no clock, no randomness, no environment and no network. */
const PURE: readonly string[] = [
  'error',
  'resource',
  'snapshot',
  'config',
  'githost',
  'desired/plain',
  'desired/kustomize',
  'desired/helm',
  'desired/sops',
  'health',
  'state',
  'plan',
];
const DRAWERS = new Set(['utils', 'util', 'helpers', 'common', 'lib', 'types', 'services', 'managers']);
/** More files than this in one folder are two subjects. */
const MOST_FILES = 16;

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly SourceFile[] = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const file = join(root, 'src', path);
    const text = readFileSync(file, 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, specifier]) => specifier ?? '');
    return {
      path,
      room: dirname(path),
      text,
      imports: specifiers.map((each) => relative(join(root, 'src'), resolve(dirname(file), each))),
    };
  });

describe('the import table', () => {
  it('names exactly the folders of src that have files', () => {
    const rooms = new Set(sources.map(({ room }) => room));
    expect([...rooms].toSorted()).toEqual(Object.keys(IMPORTS).toSorted());
  });

  it('lets a folder import only folders above it in the table', () => {
    const names = Object.keys(IMPORTS);
    const wrong = names.flatMap((room, index) =>
      (IMPORTS[room] ?? []).filter((to) => !names.slice(0, index).includes(to)).map((to) => `${room} → ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(IMPORTS))('lets files of %s import only what it names', (room) => {
    const allowed = new Set([room, ...(IMPORTS[room] ?? [])]);
    const wrong = sources
      .filter((file) => file.room === room)
      .flatMap(({ path, imports }) =>
        imports.filter((to) => !to.startsWith('..') && !allowed.has(dirname(to))).map((to) => `${path} → ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  it('names no folder that is not imported', () => {
    const unused = Object.entries(IMPORTS).flatMap(([room, allowed]) => {
      const used = new Set(sources.filter((file) => file.room === room).flatMap(({ imports }) => imports.map(dirname)));
      return allowed.filter((to) => !used.has(to)).map((to) => `${room} → ${to}`);
    });
    expect(unused).toEqual([]);
  });
});

/** The rooms of ARCHITECTURE.md, with the row of each: `page{,/assets}` is two of them. A folder below one is part of it. */
function documentedRooms(): ReadonlyMap<string, number> {
  const [, section = ''] = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('## Rooms\n');
  const table = section.split('\n\n').find((paragraph) => paragraph.startsWith('|')) ?? '';
  const [, , ...rows] = table.split('\n');
  return new Map(
    rows.flatMap((line, row) => {
      const [, cell = ''] = line.split('`');
      const [before = '', names = '', after = ''] = cell.split(/[{}]/);
      return names.split(',').map((name) => [`${before}${name}${after}`, row] as const);
    }),
  );
}

describe('the table of rooms in ARCHITECTURE.md', () => {
  const rooms = documentedRooms();
  const rowOf = (folder: string): number => {
    const host = folder.startsWith('githost/') ? 'githost/<host>' : '';
    const row = rooms.get(folder) ?? rooms.get(host) ?? rooms.get(dirname(folder));
    return row ?? -1;
  };

  it('names every folder of src, or the folder that it is in, and no other', () => {
    expect(Object.keys(IMPORTS).filter((folder) => rowOf(folder) === -1)).toEqual([]);
    expect([...rooms.keys()].filter((room) => room !== 'githost/<host>' && !(room in IMPORTS))).toEqual([]);
  });

  it('has each room below the rooms that it imports', () => {
    const downward = Object.entries(IMPORTS).flatMap(([folder, imported]) =>
      imported.filter((each) => rowOf(each) > rowOf(folder)).map((each) => `${folder} imports ${each}`),
    );
    expect(downward).toEqual([]);
  });
});

describe('the types of src', () => {
  it('have one meaning for each name that they export', () => {
    const paths = new Map<string, string[]>();
    for (const { path, text } of sources)
      for (const [, name = ''] of text.matchAll(/^export (?:interface|type|class) (\w+)/gm))
        paths.set(name, [...(paths.get(name) ?? []), path]);
    expect([...paths].filter(([, found]) => found.length > 1)).toEqual([]);
  });
});

describe('the folders of src', () => {
  it('have no drawer and no barrel', () => {
    const names = sources.flatMap(({ path }) => path.split('/'));
    expect(names.filter((name) => DRAWERS.has(name.replace(/\.ts$/, '')) || name === 'index.ts')).toEqual([]);
  });

  it(`have ${MOST_FILES} files at most`, () => {
    const large = [...Map.groupBy(sources, ({ room }) => room)].filter(([, files]) => files.length > MOST_FILES);
    expect(large.map(([room, files]) => `${room}: ${files.length}`)).toEqual([]);
  });

  it('keep clock, randomness, environment and network out of the pure rooms', () => {
    const isPure = (room: string) => PURE.some((pure) => room === pure || room.startsWith(`${pure}/`));
    const impure = sources.filter(
      ({ room, text }) =>
        isPure(room) &&
        /\bDate\.now|new Date\(\)|Math\.random|process\.\w|randomUUID|node:(fs|net|https?|child_process)/.test(text),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });
});

it('keeps functions short enough to be wiring', () => {
  const folder = join(root, 'functions');
  const long = (existsSync(folder) ? readdirSync(folder) : []).filter(
    (name) => readFileSync(join(folder, name), 'utf8').split('\n').length > 61,
  );
  expect(long).toEqual([]);
});
