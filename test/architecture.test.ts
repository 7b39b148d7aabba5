import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Who may import whom: a folder of src with TypeScript files in it, and the folders that it may import. A folder may only
 * name folders above it in this table, so no arrow turns back. ARCHITECTURE.md says what each room is for.
 */
const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  error: [],
  resource: ['error'],
  snapshot: [],
  'config/written': ['error'],
  'githost/port': ['error', 'snapshot'],
  'githost/github': ['error', 'snapshot', 'githost/port'],
  'githost/bitbucket': ['githost/port'],
  'githost/bitbucket-server': ['githost/port'],
  'githost/azure-devops': ['error', 'githost/port'],
  'githost/git': ['githost/port'],
  githost: [
    'githost/port',
    'githost/github',
    'githost/bitbucket',
    'githost/bitbucket-server',
    'githost/azure-devops',
    'githost/git',
  ],
  'config/checked': ['error', 'resource', 'config/written', 'githost/port', 'githost'],
  'config/templates': ['error', 'snapshot', 'config/written', 'config/checked'],
  'desired/plain': ['error', 'resource', 'snapshot', 'config/checked'],
  'desired/kustomize': ['error', 'resource', 'snapshot', 'desired/plain'],
  'desired/helm': ['error', 'resource', 'config/checked', 'desired/plain', 'desired/kustomize'],
  'desired/sops': ['error', 'resource'],
  health: ['resource'],
  state: ['error', 'resource', 'snapshot'],
  'plan/model': ['error', 'resource', 'snapshot', 'config/checked', 'health', 'state'],
  'plan/ordering': ['error', 'resource', 'plan/model'],
  'plan/ownership': ['resource', 'config/checked', 'state', 'plan/model'],
  'plan/refusals': ['error', 'resource', 'config/checked', 'plan/model', 'plan/ordering', 'plan/ownership'],
  'plan/planner': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'health',
    'state',
    'plan/model',
    'plan/ordering',
    'plan/refusals',
  ],
  'deploy/ports': [
    'error',
    'resource',
    'snapshot',
    'githost/port',
    'config/checked',
    'desired/plain',
    'desired/sops',
    'health',
    'state',
    'plan/model',
    'plan/planner',
  ],
  sandbox: ['error', 'resource', 'desired/plain', 'deploy/ports'],
  'deploy/render': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'desired/plain',
    'desired/kustomize',
    'desired/helm',
    'desired/sops',
    'state',
    'deploy/ports',
  ],
  'cluster/refusal': ['error', 'resource', 'state'],
  'deploy/report/channels': ['error', 'snapshot', 'githost/port', 'state', 'deploy/ports'],
  'deploy/report': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'plan/model',
    'plan/refusals',
    'plan/planner',
    'deploy/ports',
    'deploy/report/channels',
  ],
  'deploy/targets': [
    'error',
    'snapshot',
    'config/written',
    'config/checked',
    'config/templates',
    'plan/planner',
    'deploy/ports',
    'deploy/report',
  ],
  'deploy/webhook': [
    'error',
    'snapshot',
    'githost/port',
    'githost',
    'config/checked',
    'config/templates',
    'deploy/ports',
    'deploy/targets',
  ],
  'deploy/readiness': [
    'error',
    'resource',
    'config/checked',
    'health',
    'state',
    'deploy/ports',
    'deploy/report',
    'deploy/targets',
  ],
  'platforms/aws/lambda': ['error', 'config/written', 'config/checked', 'deploy/webhook'],
  'deploy/prepare': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'config/templates',
    'desired/plain',
    'health',
    'state',
    'plan/model',
    'plan/planner',
    'deploy/ports',
    'deploy/render',
    'deploy/targets',
  ],
  'deploy/run': [
    'error',
    'snapshot',
    'config/checked',
    'state',
    'plan/model',
    'plan/planner',
    'deploy/ports',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
  ],
  'deploy/drift': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'desired/plain',
    'state',
    'plan/model',
    'plan/planner',
    'deploy/ports',
    'deploy/render',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
  ],
  deploy: [
    'error',
    'snapshot',
    'config/checked',
    'config/templates',
    'state',
    'deploy/ports',
    'deploy/targets',
    'deploy/prepare',
  ],
  'deploy/requests': [
    'error',
    'snapshot',
    'state',
    'deploy/ports',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
    'deploy/run',
    'deploy/drift',
  ],
  exchange: ['error'],
  git: ['error', 'snapshot', 'deploy/ports', 'exchange'],
  'cluster/api': [
    'error',
    'resource',
    'config/checked',
    'state',
    'plan/model',
    'deploy/ports',
    'cluster/refusal',
    'exchange',
  ],
  'cluster/state': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'state',
    'plan/model',
    'deploy/ports',
    'cluster/api',
  ],
  'cluster/readiness': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'health',
    'state',
    'plan/model',
    'deploy/ports',
    'exchange',
    'cluster/api',
    'cluster/state',
  ],
  queue: ['error', 'snapshot', 'deploy/ports', 'exchange'],
  'platforms/aws/api': ['error', 'exchange'],
  'platforms/aws/sqs': ['error', 'deploy/ports', 'exchange', 'queue', 'platforms/aws/api'],
  'platforms/aws/secrets': ['error', 'config/written', 'config/checked', 'platforms/aws/api'],
  'platforms/aws/eks': ['error', 'config/checked', 'platforms/aws/api'],
  'platforms/aws/cloudformation': ['error', 'platforms/aws/api'],
  'platforms/local': ['error', 'config/checked', 'deploy/ports', 'deploy/webhook', 'cluster/api', 'queue'],
  'app/githost': ['error', 'githost/port', 'githost', 'config/checked', 'deploy/ports', 'exchange'],
  'cluster/obstacles': [
    'resource',
    'state',
    'plan/model',
    'plan/ordering',
    'plan/refusals',
    'plan/planner',
    'exchange',
    'cluster/api',
  ],
  'cluster/removal': ['resource', 'state', 'plan/model', 'plan/ownership', 'cluster/api'],
  'cluster/observe': [
    'error',
    'resource',
    'config/checked',
    'desired/plain',
    'health',
    'state',
    'plan/model',
    'plan/ordering',
    'plan/ownership',
    'plan/refusals',
    'plan/planner',
    'deploy/ports',
    'cluster/refusal',
    'exchange',
    'cluster/api',
    'cluster/state',
    'cluster/readiness',
    'cluster/obstacles',
    'cluster/removal',
  ],
  'cluster/apply': [
    'error',
    'resource',
    'state',
    'plan/model',
    'plan/ownership',
    'plan/refusals',
    'plan/planner',
    'deploy/ports',
    'exchange',
    'cluster/api',
    'cluster/state',
    'cluster/removal',
    'cluster/observe',
  ],
  cluster: [
    'state',
    'deploy/ports',
    'cluster/api',
    'cluster/state',
    'cluster/readiness',
    'cluster/observe',
    'cluster/apply',
  ],
  app: [
    'error',
    'snapshot',
    'config/written',
    'githost',
    'config/checked',
    'desired/sops',
    'deploy/ports',
    'sandbox',
    'exchange',
    'git',
    'cluster/api',
    'cluster/state',
    'platforms/aws/secrets',
    'app/githost',
    'cluster',
  ],
  'app/functions': [
    'error',
    'config/checked',
    'deploy/ports',
    'deploy/report',
    'deploy/readiness',
    'deploy/requests',
    'queue',
    'platforms/aws/api',
    'platforms/aws/sqs',
    'platforms/aws/secrets',
    'platforms/aws/eks',
    'app',
  ],
  'app/local': [
    'error',
    'config/checked',
    'deploy/ports',
    'deploy/report',
    'deploy/webhook',
    'deploy/readiness',
    'deploy/drift',
    'deploy',
    'deploy/requests',
    'cluster/api',
    'cluster/state',
    'queue',
    'platforms/aws/api',
    'platforms/aws/secrets',
    'platforms/aws/eks',
    'platforms/local',
    'app',
  ],
  'cli/terminal': ['error', 'snapshot', 'config/written', 'config/checked', 'deploy/ports', 'app'],
  'cli/lookup': [
    'error',
    'snapshot',
    'config/written',
    'config/checked',
    'config/templates',
    'deploy/targets',
    'deploy/prepare',
    'cluster/api',
    'app',
    'app/local',
    'cli/terminal',
  ],
  'cli/setup': [
    'error',
    'snapshot',
    'config/written',
    'githost/port',
    'githost',
    'config/checked',
    'cluster/api',
    'platforms/aws/api',
    'platforms/aws/secrets',
    'platforms/aws/cloudformation',
    'app/githost',
    'app',
    'app/local',
    'cli/terminal',
    'cli/lookup',
  ],
  'cli/commands': [
    'error',
    'resource',
    'snapshot',
    'config/checked',
    'config/templates',
    'state',
    'plan/model',
    'plan/ownership',
    'deploy/ports',
    'deploy/report/channels',
    'deploy/report',
    'deploy/targets',
    'deploy/readiness',
    'deploy/prepare',
    'deploy/run',
    'deploy/drift',
    'deploy',
    'deploy/requests',
    'platforms/aws/api',
    'platforms/aws/secrets',
    'platforms/aws/cloudformation',
    'platforms/local',
    'cluster/apply',
    'app',
    'app/local',
    'cli/terminal',
    'cli/lookup',
    'cli/setup',
  ],
  cli: ['error', 'snapshot', 'config/written', 'deploy/ports', 'app', 'cli/terminal', 'cli/lookup', 'cli/commands'],
};

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
        /\bDate\.now|new Date\(\)|Math\.random|process\.|randomUUID|node:(fs|net|https?|child_process)/.test(text),
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
