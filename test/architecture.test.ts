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
  'desired/sops': ['error', 'resource'],
  health: ['resource'],
  state: ['error', 'resource', 'snapshot'],
  'cli/init': ['error'],
  'cluster/refusal': ['error', 'resource', 'state'],
  exchange: ['error'],
  'platforms/aws/api': ['error', 'exchange'],
  'platforms/aws/cloudformation': ['error', 'platforms/aws/api'],
  'githost/azure-devops': ['error', 'githost/port'],
  'githost/bitbucket': ['githost/port'],
  'githost/bitbucket-server': ['githost/port'],
  'githost/git': ['githost/port'],
  'githost/gitea': ['githost/port'],
  'githost/forgejo': ['githost/port', 'githost/gitea'],
  'githost/gitlab': ['githost/port'],
  githost: [
    'githost/port',
    'githost/github',
    'githost/azure-devops',
    'githost/bitbucket',
    'githost/bitbucket-server',
    'githost/git',
    'githost/gitea',
    'githost/forgejo',
    'githost/gitlab',
  ],
  'config/checked': ['error', 'resource', 'config/written', 'githost/port', 'githost'],
  'config/templates': ['error', 'snapshot', 'config/written', 'config/checked'],
  'desired/plain': ['error', 'resource', 'snapshot', 'config/checked'],
  'desired/kustomize': ['error', 'resource', 'snapshot', 'desired/plain'],
  'desired/helm': ['error', 'resource', 'config/checked', 'desired/plain', 'desired/kustomize'],
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
  'platforms/aws/eks': ['error', 'platforms/aws/api', 'config/checked'],
  'config/reference': ['config/written', 'githost'],
  'images/edit': ['resource', 'config/written', 'config/checked'],
  'deploy/ports': [
    'error',
    'resource',
    'snapshot',
    'githost/port',
    'desired/sops',
    'health',
    'state',
    'config/checked',
    'desired/plain',
    'desired/kustomize',
    'desired/helm',
    'plan/model',
    'plan/planner',
    'images/edit',
  ],
  git: ['error', 'snapshot', 'exchange', 'deploy/ports'],
  sandbox: ['error', 'resource', 'desired/plain', 'deploy/ports'],
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
    'desired/sops',
    'state',
    'config/checked',
    'desired/plain',
    'desired/kustomize',
    'desired/helm',
    'deploy/ports',
  ],
  queue: ['error', 'snapshot', 'exchange', 'deploy/ports'],
  'platforms/aws/sqs': ['error', 'exchange', 'platforms/aws/api', 'deploy/ports', 'queue'],
  'app/githost': ['error', 'githost/port', 'exchange', 'githost', 'config/checked', 'deploy/ports'],
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
  'cluster/removal': ['resource', 'state', 'plan/model', 'plan/ownership', 'cluster/api'],
  'cluster/observe': [
    'error',
    'resource',
    'health',
    'state',
    'cluster/refusal',
    'exchange',
    'config/checked',
    'desired/plain',
    'plan/model',
    'plan/ordering',
    'plan/ownership',
    'plan/refusals',
    'plan/planner',
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
    'exchange',
    'config/checked',
    'config/templates',
    'plan/planner',
    'deploy/ports',
    'deploy/report',
  ],
  'deploy/prepare': [
    'error',
    'resource',
    'snapshot',
    'health',
    'state',
    'config/checked',
    'config/templates',
    'desired/plain',
    'plan/model',
    'plan/ownership',
    'plan/planner',
    'deploy/ports',
    'deploy/render',
    'deploy/targets',
  ],
  'deploy/drift': [
    'error',
    'resource',
    'snapshot',
    'state',
    'config/checked',
    'desired/plain',
    'plan/model',
    'plan/planner',
    'deploy/ports',
    'deploy/render',
    'deploy/report',
    'deploy/targets',
    'deploy/prepare',
  ],
  'deploy/hold': ['snapshot', 'state', 'config/checked', 'deploy/ports', 'deploy/targets', 'deploy/prepare'],
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
    'deploy/ports',
    'deploy/render',
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
    'deploy/ports',
    'deploy/targets',
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
  'images/policy': ['config/checked'],
  images: ['snapshot', 'config/checked', 'images/policy'],
  'git/write': ['error', 'snapshot', 'git', 'images'],
  'images/registry': ['error', 'config/written', 'exchange', 'images'],
  'images/update': ['error', 'snapshot', 'config/checked', 'images/edit', 'deploy/ports', 'images'],
  'images/webhook': ['githost/port', 'config/checked'],
  'deploy/webhook': [
    'error',
    'snapshot',
    'githost/port',
    'githost',
    'config/checked',
    'config/templates',
    'deploy/ports',
    'deploy/targets',
    'images/webhook',
  ],
  'platforms/local': [
    'error',
    'snapshot',
    'config/checked',
    'deploy/ports',
    'git',
    'cluster/api',
    'queue',
    'deploy/webhook',
  ],
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
  'platforms/aws/ecr': ['error', 'platforms/aws/api', 'config/checked'],
  'platforms/aws/secrets': ['error', 'config/written', 'platforms/aws/api', 'config/checked', 'platforms/aws/ecr'],
  'platforms/aws/lambda': [
    'error',
    'config/written',
    'platforms/aws/api',
    'config/checked',
    'platforms/aws/eks',
    'deploy/webhook',
    'platforms/aws/secrets',
  ],
  app: [
    'error',
    'snapshot',
    'config/written',
    'desired/sops',
    'exchange',
    'githost',
    'config/checked',
    'deploy/ports',
    'git',
    'sandbox',
    'cluster/api',
    'cluster/state',
    'app/githost',
    'cluster',
    'deploy/targets',
    'parsing',
    'platforms/aws/secrets',
  ],
  'cli/terminal': ['error', 'snapshot', 'config/written', 'config/checked', 'deploy/ports', 'app'],
  'app/images': [
    'error',
    'config/checked',
    'deploy/ports',
    'deploy/report',
    'images',
    'git/write',
    'images/registry',
    'images/update',
    'app',
  ],
  'app/probes': [
    'error',
    'snapshot',
    'config/written',
    'exchange',
    'githost',
    'config/checked',
    'cluster/api',
    'app/githost',
    'images',
    'app',
  ],
  'app/functions': [
    'error',
    'platforms/aws/api',
    'config/checked',
    'config/templates',
    'platforms/aws/eks',
    'deploy/ports',
    'cluster/api',
    'queue',
    'platforms/aws/sqs',
    'deploy/readiness',
    'deploy/requests',
    'deploy/webhook',
    'platforms/aws/ecr',
    'platforms/aws/secrets',
    'app',
    'app/probes',
  ],
  'app/local': [
    'error',
    'exchange',
    'platforms/aws/api',
    'config/checked',
    'platforms/aws/eks',
    'deploy/ports',
    'sandbox',
    'cluster/api',
    'cluster/state',
    'queue',
    'deploy/report',
    'deploy/drift',
    'deploy/readiness',
    'deploy',
    'deploy/requests',
    'images/update',
    'images/webhook',
    'deploy/webhook',
    'platforms/local',
    'parsing',
    'platforms/aws/ecr',
    'platforms/aws/secrets',
    'app',
    'app/images',
    'app/probes',
  ],
  'cli/lookup': [
    'error',
    'snapshot',
    'config/written',
    'config/checked',
    'config/templates',
    'git',
    'cluster/api',
    'deploy/targets',
    'deploy/prepare',
    'cli/terminal',
    'app/images',
    'app/probes',
    'app/local',
  ],
  'cli/completion': ['config/reference', 'cli/terminal', 'cli/lookup'],
  'cli/images': ['error', 'config/written', 'images/update', 'cli/terminal', 'app/local'],
  'cli/packaged': ['error', 'config/checked', 'sandbox', 'platforms/aws/lambda'],
  'cli/plan': ['error', 'resource', 'snapshot', 'state', 'plan/model', 'deploy/ports', 'deploy/prepare', 'app'],
  'cli/stack': [
    'error',
    'config/written',
    'platforms/aws/api',
    'platforms/aws/cloudformation',
    'config/checked',
    'platforms/aws/secrets',
    'platforms/aws/lambda',
    'app',
    'cli/terminal',
    'cli/packaged',
  ],
  'cli/setup': [
    'error',
    'config/written',
    'githost/port',
    'platforms/aws/api',
    'githost',
    'config/checked',
    'config/templates',
    'cluster/api',
    'app/githost',
    'platforms/aws/lambda',
    'app',
    'cli/terminal',
    'app/probes',
    'app/local',
    'cli/lookup',
    'cli/stack',
  ],
  'cli/commands': [
    'error',
    'resource',
    'snapshot',
    'config/written',
    'state',
    'cli/init',
    'platforms/aws/api',
    'platforms/aws/cloudformation',
    'githost',
    'config/checked',
    'config/templates',
    'plan/ownership',
    'config/reference',
    'deploy/ports',
    'cluster/apply',
    'deploy/report/channels',
    'deploy/report',
    'deploy/targets',
    'deploy/drift',
    'deploy/readiness',
    'deploy/run',
    'deploy',
    'deploy/requests',
    'platforms/local',
    'platforms/aws/secrets',
    'app',
    'cli/terminal',
    'app/probes',
    'app/local',
    'cli/lookup',
    'cli/plan',
    'cli/stack',
    'cli/setup',
  ],
  'cli/steer': [
    'error',
    'resource',
    'snapshot',
    'state',
    'config/checked',
    'deploy/ports',
    'cluster/state',
    'deploy/report/channels',
    'deploy/report',
    'deploy/prepare',
    'deploy/hold',
    'deploy/requests',
    'cli/terminal',
    'app/local',
    'cli/plan',
    'cli/commands',
  ],
  cli: [
    'error',
    'snapshot',
    'config/written',
    'deploy/ports',
    'platforms/local',
    'app',
    'cli/terminal',
    'cli/lookup',
    'cli/completion',
    'cli/images',
    'cli/stack',
    'cli/commands',
    'cli/steer',
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
