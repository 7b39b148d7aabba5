import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Who may import whom. Arrows point upstream only; ARCHITECTURE.md says what each room is for. */
const UPSTREAM: Readonly<Record<string, readonly string[]>> = {
  error: [],
  resource: ['error'],
  config: ['error', 'resource'],
  sops: ['error', 'resource'],
  githost: ['error', 'resource', 'config'],
  git: ['error', 'resource'],
  render: ['error', 'resource', 'config'],
  health: ['error', 'resource'],
  plan: ['error', 'resource', 'config', 'health'],
  cluster: ['error', 'resource', 'config', 'health', 'plan'],
  deploy: ['error', 'resource', 'config', 'sops', 'githost', 'render', 'health', 'plan'],
  // Runs the renderers; it knows no port, so that nothing but plain data goes in and out.
  sandbox: ['error', 'resource', 'render'],
  aws: ['error', 'resource', 'config', 'deploy'],
  // The one place where the ports of deploy meet what fits them: one process and functions share it.
  runtime: ['error', 'resource', 'config', 'sops', 'githost', 'git', 'plan', 'cluster', 'sandbox', 'deploy', 'aws'],
  local: ['error', 'resource', 'config', 'githost', 'git', 'plan', 'cluster', 'deploy', 'aws', 'runtime'],
  cli: ['error', 'resource', 'config', 'githost', 'git', 'plan', 'cluster', 'deploy', 'aws', 'runtime', 'local'],
};

const PURE = new Set(['error', 'resource', 'config', 'sops', 'githost', 'render', 'health', 'plan']);
const DRAWERS = new Set(['utils', 'util', 'helpers', 'common', 'lib', 'types', 'services', 'managers']);

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(): readonly SourceFile[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return files.map((path) => {
    const file = join(root, 'src', path);
    const text = readFileSync(file, 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, specifier]) => specifier ?? '');
    return {
      path,
      room: path.split('/')[0] ?? '',
      text,
      imports: specifiers.map((each) => relative(join(root, 'src'), resolve(dirname(file), each))),
    };
  });
}

describe('the house', () => {
  it('has exactly the rooms of the table', () => {
    const rooms = readdirSync(join(root, 'src'));
    expect(rooms.toSorted()).toEqual(Object.keys(UPSTREAM).toSorted());
  });

  it.each(Object.keys(UPSTREAM))('lets %s import only what lies upstream', (room) => {
    const allowed = new Set([room, ...(UPSTREAM[room] ?? [])]);
    const wrong = sources()
      .filter((file) => file.room === room)
      .flatMap(({ path, imports }) =>
        imports
          .filter((to) => !to.startsWith('..') && !allowed.has(to.split('/')[0] ?? ''))
          .map((to) => `${path} → ${to}`),
      );
    expect(wrong).toEqual([]);
  });

  it('has no drawer and no barrel', () => {
    const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).flatMap((path) =>
      path.split('/'),
    );
    expect(names.filter((name) => DRAWERS.has(name.replace(/\.ts$/, '')) || name === 'index.ts')).toEqual([]);
  });

  it('keeps clock, randomness and environment out of the pure rooms', () => {
    const impure = sources().filter(
      ({ room, text }) =>
        PURE.has(room) &&
        /\bDate\.now|new Date\(\)|Math\.random|process\.|randomUUID|node:(fs|net|https?|child_process)/.test(text),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });

  it('keeps functions short enough to be wiring', () => {
    const folder = join(root, 'functions');
    const long = (existsSync(folder) ? readdirSync(folder) : []).filter(
      (name) => readFileSync(join(folder, name), 'utf8').split('\n').length > 61,
    );
    expect(long).toEqual([]);
  });
});
