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
  health: ['resource'],
  state: ['error', 'resource', 'snapshot'],
  'cluster/refusal': ['error', 'resource', 'state'],
  'config/images': ['error', 'config/written'],
  'config/previews': ['config/written'],
  'config/windows': ['config/written'],
  'config/promotions': ['config/written', 'config/windows'],
  'deploy/ports/previews': ['resource'],
  exchange: ['error'],
  'git/wire': ['error', 'exchange'],
  page: ['error'],
  'page/assets': [],
  signing: [],
  'githost/port': ['error', 'snapshot', 'signing'],
  'desired/sops': ['error', 'resource', 'signing'],
  'platforms/aws/api': ['error', 'exchange', 'signing'],
  'platforms/aws/cloudformation': ['error', 'platforms/aws/api'],
  'githost/codecommit': ['githost/port'],
  'githost/git': ['githost/port'],
  'githost/rest': ['snapshot', 'githost/port'],
  'githost/azure-devops': ['error', 'signing', 'githost/port', 'githost/rest'],
  'githost/bitbucket': ['githost/port', 'githost/rest'],
  'githost/bitbucket-server': ['githost/port', 'githost/rest'],
  'githost/commits': ['snapshot', 'githost/port', 'githost/rest'],
  'githost/github': ['error', 'snapshot', 'githost/port', 'githost/rest', 'githost/commits'],
  'githost/gitea': ['githost/port', 'githost/rest', 'githost/commits'],
  'githost/forgejo': ['githost/port', 'githost/gitea'],
  'githost/gitlab': ['snapshot', 'signing', 'githost/port', 'githost/rest', 'githost/commits'],
  githost: [
    'githost/port',
    'githost/codecommit',
    'githost/git',
    'githost/azure-devops',
    'githost/bitbucket',
    'githost/bitbucket-server',
    'githost/commits',
    'githost/github',
    'githost/gitea',
    'githost/forgejo',
    'githost/gitlab',
  ],
  'config/checked': [
    'error',
    'snapshot',
    'config/written',
    'config/images',
    'config/previews',
    'config/windows',
    'config/promotions',
    'githost/port',
    'githost',
  ],
  'config/templates': ['error', 'snapshot', 'config/written', 'config/previews', 'config/checked'],
  'plan/model': ['error', 'resource', 'snapshot', 'health', 'state', 'config/checked'],
  'plan/ordering': ['error', 'resource', 'plan/model'],
  'plan/ownership': ['error', 'resource', 'state', 'config/checked', 'plan/model'],
  'plan/refusals': ['error', 'resource', 'config/checked', 'plan/model', 'plan/ordering', 'plan/ownership'],
  'plan/planner': [
    'error',
    'resource',
    'snapshot',
    'health',
    'state',
    'config/checked',
    'plan/model',
    'plan/ordering',
    'plan/ownership',
    'plan/refusals',
  ],
  channels: ['config/written', 'signing', 'config/checked'],
  'config/derived': ['error', 'resource', 'config/written', 'config/checked'],
  'desired/plain': ['error', 'resource', 'snapshot', 'config/checked', 'config/derived'],
  'desired/kustomize': ['error', 'resource', 'snapshot', 'desired/plain'],
  'desired/helm': ['error', 'resource', 'config/checked', 'desired/plain', 'desired/kustomize'],
  'platforms/aws/eks': ['error', 'platforms/aws/api', 'config/checked', 'config/derived'],
  'config/reference': [
    'config/written',
    'config/images',
    'config/previews',
    'config/windows',
    'config/promotions',
    'githost',
    'config/checked',
  ],
  'images/edit': ['resource', 'config/images', 'config/checked'],
  'images/policy': ['resource', 'config/checked'],
  images: ['snapshot', 'config/checked', 'images/policy'],
  'images/registry': ['error', 'config/written', 'config/images', 'exchange', 'images'],
  'images/webhook': ['signing', 'githost/port', 'config/checked'],
  'plan/approval': ['resource', 'snapshot', 'state', 'signing', 'plan/model'],
  'deploy/ports': [
    'error',
    'resource',
    'snapshot',
    'health',
    'state',
    'githost/port',
    'desired/sops',
    'config/checked',
    'config/templates',
    'plan/model',
    'plan/planner',
    'desired/plain',
    'desired/kustomize',
    'desired/helm',
    'images/edit',
    'plan/approval',
  ],
  git: ['error', 'snapshot', 'git/wire', 'deploy/ports'],
  sandbox: ['error', 'resource', 'config/written', 'desired/plain', 'deploy/ports'],
  'cluster/api': [
    'error',
    'resource',
    'state',
    'cluster/refusal',
    'exchange',
    'config/checked',
    'plan/model',
    'deploy/ports',
  ],
  'cluster/state': [
    'error',
    'resource',
    'snapshot',
    'state',
    'config/checked',
    'plan/model',
    'plan/planner',
    'deploy/ports',
    'cluster/api',
  ],
  'cluster/readiness': [
    'error',
    'resource',
    'snapshot',
    'health',
    'state',
    'exchange',
    'config/checked',
    'plan/model',
    'deploy/ports',
    'cluster/api',
    'cluster/state',
  ],
  'deploy/render': [
    'error',
    'resource',
    'snapshot',
    'state',
    'desired/sops',
    'config/checked',
    'config/derived',
    'desired/plain',
    'desired/kustomize',
    'desired/helm',
    'deploy/ports',
  ],
  'cluster/content': ['error', 'resource', 'state', 'config/checked', 'plan/model', 'plan/ownership', 'cluster/api'],
  'cluster/obstacles': [
    'resource',
    'state',
    'exchange',
    'plan/model',
    'plan/ordering',
    'plan/refusals',
    'plan/planner',
    'cluster/api',
  ],
  'cluster/previews': ['error', 'resource', 'deploy/ports/previews', 'cluster/api'],
  'cluster/removal': ['resource', 'state', 'plan/model', 'plan/ownership', 'cluster/api'],
  'cluster/observe': [
    'error',
    'resource',
    'health',
    'state',
    'cluster/refusal',
    'exchange',
    'config/checked',
    'plan/model',
    'plan/ordering',
    'plan/ownership',
    'plan/refusals',
    'plan/planner',
    'desired/plain',
    'deploy/ports',
    'cluster/api',
    'cluster/state',
    'cluster/readiness',
    'cluster/content',
    'cluster/obstacles',
    'cluster/removal',
  ],
  'cluster/apply': [
    'error',
    'resource',
    'state',
    'exchange',
    'plan/model',
    'plan/ownership',
    'plan/refusals',
    'plan/planner',
    'deploy/ports',
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
  'deploy/approval': ['snapshot', 'state', 'plan/model', 'plan/approval', 'deploy/ports'],
  'deploy/ports/githost': ['snapshot', 'githost/port', 'deploy/ports'],
  queue: ['error', 'snapshot', 'config/written', 'exchange', 'channels', 'deploy/ports', 'deploy/ports/githost'],
  'platforms/aws/sqs': ['error', 'exchange', 'platforms/aws/api', 'deploy/ports', 'deploy/ports/githost', 'queue'],
  'deploy/report/channels': [
    'error',
    'resource',
    'snapshot',
    'config/written',
    'state',
    'githost/port',
    'config/checked',
    'channels',
    'deploy/ports',
  ],
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
    'exchange',
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
    'images/webhook',
    'deploy/ports',
    'deploy/ports/githost',
    'deploy/targets',
  ],
  'platforms/local': [
    'error',
    'snapshot',
    'config/written',
    'git/wire',
    'config/checked',
    'deploy/ports',
    'git',
    'cluster/api',
    'deploy/ports/githost',
    'queue',
    'deploy/webhook',
  ],
  'git/write': ['error', 'snapshot', 'exchange', 'git/wire', 'images', 'git'],
  metrics: ['state', 'config/checked', 'deploy/ports'],
  parsing: [
    'error',
    'resource',
    'desired/sops',
    'desired/plain',
    'desired/kustomize',
    'desired/helm',
    'images/edit',
    'deploy/ports',
  ],
  'platforms/aws/codecommit': ['platforms/aws/api', 'githost/codecommit', 'config/checked', 'config/derived'],
  'platforms/aws/ecr': ['error', 'platforms/aws/api', 'config/checked'],
  'platforms/aws/secrets': [
    'error',
    'config/written',
    'platforms/aws/api',
    'config/checked',
    'config/derived',
    'platforms/aws/ecr',
  ],
  'platforms/aws/lambda': [
    'error',
    'config/written',
    'platforms/aws/api',
    'githost/codecommit',
    'config/checked',
    'config/derived',
    'platforms/aws/eks',
    'deploy/webhook',
    'platforms/aws/codecommit',
    'platforms/aws/ecr',
    'platforms/aws/secrets',
  ],
  'cli/packaged': ['error', 'config/checked', 'sandbox', 'platforms/aws/lambda'],
  'platforms/http': ['error', 'exchange', 'signing', 'deploy/ports', 'queue', 'deploy/webhook'],
  'promotion/carry': ['images/edit'],
  proposals: ['error', 'snapshot', 'githost/port', 'config/checked', 'images', 'deploy/ports', 'deploy/ports/githost'],
  windows: ['config/windows'],
  'deploy/prepare': [
    'error',
    'resource',
    'snapshot',
    'health',
    'state',
    'config/checked',
    'config/templates',
    'plan/model',
    'plan/ownership',
    'plan/planner',
    'config/derived',
    'desired/plain',
    'deploy/ports',
    'deploy/render',
    'deploy/approval',
    'deploy/targets',
    'windows',
  ],
  'deploy/drift': [
    'error',
    'resource',
    'snapshot',
    'state',
    'config/checked',
    'plan/model',
    'plan/planner',
    'config/derived',
    'desired/plain',
    'deploy/ports',
    'deploy/render',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
  ],
  'deploy/hold': [
    'snapshot',
    'state',
    'config/checked',
    'config/derived',
    'deploy/ports',
    'deploy/targets',
    'deploy/prepare',
  ],
  'deploy/readiness': [
    'error',
    'resource',
    'health',
    'state',
    'config/checked',
    'deploy/ports',
    'deploy/report',
    'deploy/targets',
    'deploy/hold',
  ],
  'deploy/run': [
    'error',
    'snapshot',
    'state',
    'config/checked',
    'plan/model',
    'plan/planner',
    'config/derived',
    'deploy/ports',
    'deploy/render',
    'deploy/approval',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
    'deploy/hold',
  ],
  deploy: [
    'error',
    'snapshot',
    'state',
    'config/checked',
    'config/templates',
    'config/derived',
    'deploy/ports',
    'deploy/targets',
    'windows',
    'deploy/prepare',
    'deploy/hold',
  ],
  'deploy/requests': [
    'error',
    'snapshot',
    'state',
    'deploy/ports',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
    'deploy/drift',
    'deploy/run',
  ],
  'deploy/show': [
    'error',
    'resource',
    'snapshot',
    'state',
    'githost/port',
    'plan/model',
    'deploy/ports',
    'deploy/prepare',
  ],
  'images/update': [
    'error',
    'snapshot',
    'config/images',
    'exchange',
    'githost/port',
    'config/checked',
    'config/derived',
    'images/edit',
    'images',
    'deploy/ports',
    'proposals',
    'deploy/show',
  ],
  'promotion/record': ['snapshot', 'images/policy', 'promotion/carry', 'proposals', 'deploy/show'],
  'promotion/stages': ['snapshot', 'state', 'githost/port', 'config/checked', 'windows'],
  'promotion/run': [
    'error',
    'snapshot',
    'state',
    'config/images',
    'githost/port',
    'config/checked',
    'images/edit',
    'images',
    'deploy/ports',
    'promotion/carry',
    'proposals',
    'images/update',
    'promotion/record',
    'promotion/stages',
  ],
  'pulls/comment': ['error', 'signing', 'githost/port', 'plan/approval', 'deploy/show'],
  'pulls/plan': [
    'error',
    'snapshot',
    'config/written',
    'exchange',
    'githost/port',
    'config/checked',
    'config/templates',
    'plan/approval',
    'deploy/ports',
    'deploy/ports/githost',
    'deploy/report/channels',
    'deploy/report',
    'deploy/targets',
    'deploy/webhook',
    'deploy/hold',
    'deploy/run',
    'deploy/requests',
    'deploy/show',
    'pulls/comment',
  ],
  'pulls/previews': [
    'error',
    'resource',
    'snapshot',
    'state',
    'deploy/ports/previews',
    'githost/port',
    'config/checked',
    'config/templates',
    'config/derived',
    'deploy/ports',
    'deploy/ports/githost',
    'deploy/readiness',
    'deploy/show',
    'pulls/comment',
    'pulls/plan',
  ],
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
