import { describe, expect, it } from 'vitest';
import { unbuiltKeys } from '../../src/config/derived/unbuilt.ts';
import { configOf, errorsOf } from './builders.ts';

const TARGETS = ['dev', 'eu', 'us', 'prod'];

interface Written {
  readonly promotions?: unknown;
  /** More keys of each target, by its name. */
  readonly targets?: Readonly<Record<string, object>>;
  readonly more?: readonly object[];
  readonly repository?: object;
}

/** headgate.yml in flow style, so that every error is in line 1. */
function file({ promotions = [{ name: 'shop', stages: ['dev', 'prod'] }], targets = {}, more = [], ...rest }: Written) {
  const shared = { repository: 'fleet', branch: 'main', cluster: 'lab', namespace: 'shop' };
  const repository = {
    host: 'github',
    url: 'https://github.com/acme/fleet.git',
    webhookSecret: 'env:SECRET',
    credentials: 'env:TOKEN',
    write: 'env:WRITE',
    ...rest.repository,
  };
  return JSON.stringify({
    key: 'env:KEY',
    clusters: { lab: { kubeconfig: {} } },
    repositories: { fleet: repository },
    targets: [...TARGETS.map((name) => ({ name, path: `apps/${name}`, ...shared, ...targets[name] })), ...more],
    promotions,
  });
}

const promotion = (change: object) => ({ promotions: [{ name: 'shop', stages: ['dev', 'prod'], ...change }] });
const stages = (...list: readonly unknown[]) => promotion({ stages: list });

describe('a promotion of headgate.yml', () => {
  it('becomes the checked form, in which each stage has its sources', () => {
    const text = file({
      promotions: [
        {
          name: 'shop',
          stages: ['dev', 'eu', { to: 'us', from: { any: ['dev', 'eu'] } }, 'prod'],
          after: { soak: '30m', statuses: [{ context: 'e2e', by: 'ci-bot' }, { context: 'load' }] },
          windows: [{ allow: 'Mon-Fri 09:00-17:00', timezone: 'Europe/Berlin' }],
        },
      ],
    });
    const shop = configOf(text).promotions.get('shop');
    expect(shop?.steps.map(({ to, from }) => [to.name, from.agree, ...from.targets.map(({ name }) => name)])).toEqual([
      ['eu', 'all', 'dev'],
      ['us', 'any', 'dev', 'eu'],
      ['prod', 'all', 'us'],
    ]);
    expect(shop).toMatchObject({
      carry: { kind: 'images' },
      after: {
        soakMs: 1_800_000,
        statuses: [
          { context: 'e2e', by: 'ci-bot' },
          { context: 'load', by: null },
        ],
      },
      windows: [{ effect: 'allow' }],
    });
  });

  it('may carry files and values, and go from one branch to another', () => {
    const carry = { files: ['./version.yaml'], values: ['charts/values.yaml#image.tag'] };
    const targets = { dev: { path: 'apps' }, prod: { path: 'apps', branch: 'release' } };
    expect(configOf(file({ ...promotion({ carry }), targets })).promotions.get('shop')?.carry).toEqual({
      kind: 'paths',
      files: ['version.yaml'],
      values: [{ file: 'charts/values.yaml', keys: ['image', 'tag'] }],
    });
  });

  it('may write into a branch whose plans are approved by pull request, or beside the files of those targets', () => {
    const approved = { prod: { approval: 'plan' } };
    const byPullRequest = file({ ...promotion({ via: 'pullRequest' }), targets: approved });
    const template = {
      name: '{{basename}}-all',
      repository: 'fleet',
      branch: 'main',
      cluster: 'lab',
      namespace: 'shop',
      approval: 'plan',
      forEach: { directories: 'clusters/*', clusters: ['lab'], namespaces: ['shop'] },
    };
    expect([errorsOf(byPullRequest), errorsOf(file({ more: [template] }))]).toEqual([[], []]);
  });

  it.each<[string, Written, string]>([
    ['an unknown stage', stages('dve', 'prod'), 'refers to unknown target dve | Did you mean dev?'],
    ['one stage', stages('dev'), 'has no stage to promote to | List the targets in their order'],
    ['a stage twice', stages('dev', 'eu', 'prod', 'eu'), 'stages[3] of promotion shop is listed twice'],
    [
      'a circle',
      stages({ to: 'dev', from: { any: ['prod'] } }, 'prod'),
      'forms a cycle: dev → prod → dev | Remove one of these stages.',
    ],
    [
      'a circle of two promotions',
      { promotions: [...promotion({}).promotions, { name: 'back', stages: ['prod', 'dev'] }] },
      'forms a cycle',
    ],
    [
      'the same step in two promotions',
      { promotions: [...promotion({}).promotions, { name: 'again', stages: ['dev', 'prod'] }] },
      'stages[1] of promotion again is promoted from dev by shop already',
    ],
    ['the stage itself', stages('dev', { to: 'prod', from: { all: ['prod'] } }), 'is the stage itself | Remove it.'],
    ['all and any', stages({ to: 'prod', from: { all: ['eu'], any: ['us'] } }), 'must have either all or any'],
    ['no source', stages({ to: 'prod', from: { all: [] } }), 'from.all of promotion shop is empty'],
    ['a stage of another form', stages('dev', 7), 'is not a stage | Write shop-prod'],
    [
      'a target template',
      {
        ...stages('dev', '{{basename}}'),
        more: [
          {
            name: '{{basename}}',
            repository: 'fleet',
            branch: 'main',
            cluster: '{{cluster}}',
            namespace: 'shop',
            forEach: { directories: 'all/*', clusters: ['lab'], namespaces: ['shop'] },
          },
        ],
      },
      'is a target template, which cannot be a stage',
    ],
    [
      'a repository that cannot be written to',
      { repository: { write: undefined } },
      'is in fleet, which has no credentials to write with',
    ],
    [
      'stages in each other',
      { targets: { prod: { path: 'apps/dev/prod' } } },
      'has a path that overlaps with that of dev',
    ],
    [
      'a stage whose plans are approved',
      { targets: { prod: { approval: 'plan' } } },
      'stages[1] of promotion shop commits to main by default, but prod (line 1) follows it with approval: plan, and plans are approved on pull requests | Set via: pullRequest, and pullRequests: { plan: true } on fleet, give the stage another branch or another path, or set approval: none on prod.',
    ],
    [
      'files that an approved target reads',
      { targets: { us: { approval: 'plan', inputs: ['apps/prod'] } } },
      'stages[1] of promotion shop commits to main by default, but us (line 1) follows it with approval: plan',
    ],
    [
      'via: commit and a stage whose plans are approved',
      { ...promotion({ via: 'commit' }), targets: { prod: { approval: 'plan' } } },
      'stages[1] of promotion shop commits to main, but prod (line 1) follows it with approval: plan',
    ],
    [
      'files of generated targets whose plans are approved',
      {
        more: [
          {
            name: '{{basename}}-all',
            repository: 'fleet',
            branch: 'main',
            cluster: 'lab',
            namespace: 'shop',
            approval: 'plan',
            forEach: { directories: 'apps/p*', clusters: ['lab'], namespaces: ['shop'] },
          },
        ],
      },
      'commits to main by default, but {{basename}}-all (line 1) follows it with approval: plan',
    ],
    [
      'pull requests of a host whose pull requests are not read',
      {
        ...promotion({ via: 'pullRequest' }),
        repository: { host: 'bitbucket', url: 'https://bitbucket.org/acme/fleet.git' },
      },
      'via of promotion shop cannot be pullRequest, because fleet has host: bitbucket',
    ],
    [
      'commits by the API of the host',
      promotion({ via: 'api' }),
      'via of promotion shop must be commit or pullRequest',
    ],
    ['what is not ready', promotion({ after: { ready: false } }), 'after.ready of promotion shop cannot be false'],
    ['an unknown way to carry', promotion({ carry: 'image' }), 'carry of promotion shop is not valid | Write images'],
    ['a file elsewhere', promotion({ carry: { files: ['../version'] } }), 'must not contain ..'],
    ['a value without keys', promotion({ carry: { values: ['values.yaml'] } }), 'is not a file and a value'],
    ['nothing to carry', promotion({ carry: {} }), 'has neither files nor values'],
    [
      'statuses of a host whose statuses are not read',
      {
        ...promotion({ after: { statuses: [{ context: 'e2e' }] } }),
        repository: { host: 'bitbucket', url: 'https://bitbucket.org/acme/fleet.git' },
      },
      'cannot be read, because fleet has host: bitbucket | Remove them; they work on github, gitlab, gitea, forgejo.',
    ],
    [
      'statuses without credentials',
      { ...promotion({ after: { statuses: [{ context: 'e2e' }] } }), repository: { credentials: undefined } },
      'require credentials of fleet, which has none',
    ],
    [
      'a name twice',
      { promotions: [...promotion({}).promotions, { name: 'shop', stages: ['dev', 'eu'] }] },
      'is already used by another promotion',
    ],
    ['another form', { promotions: {} }, 'promotions of the file must be a list'],
  ])('is refused with %s', (_what, written, message) => {
    expect(errorsOf(file(written))).toEqual([expect.stringContaining(message)]);
  });

  it('is refused by name where nothing promotes yet', () => {
    expect(unbuiltKeys(configOf(file({})), 'headgate http-host does not', ['promotions'])).toContainEqual({
      code: 'config-invalid',
      subject: 'promotion shop',
      message: 'headgate http-host does not promote versions yet',
      remedy: 'Remove promotions from this headgate.yml, and run headgate serve with one that has them.',
    });
  });
});
