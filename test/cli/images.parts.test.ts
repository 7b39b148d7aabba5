import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareRepository, removeRepositories } from '../git/repository.ts';
import { startGitServer } from '../rig/git-host/http-backend.ts';
import type { GitHttpServer } from '../rig/git-host/http-backend.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { headgate } from './headgate.ts';

let repository: BareRepository;
let server: GitHttpServer;
let registry: SmallRegistry;

beforeAll(async () => {
  repository = new BareRepository('fleet.git');
  [server, registry] = await Promise.all([startGitServer({ root: repository.root }), startSmallRegistry()]);
  const pod = (image: string) =>
    `apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "${registry.host}/acme/${image}"}]}\n`;
  repository.commit({ 'web.yaml': pod('web:1.2.0'), 'api.yaml': pod('api:2.0.0') });
  for (const tag of ['1.2.0', '1.3.0', '2.0.0-rc.1']) registry.push('acme/web', tag);
  registry.push('acme/api', '2.0.0');
  registry.push('acme/old', '0.9.0');
});

afterAll(async () => {
  await registry.close();
  await server.close();
  removeRepositories();
});

function configFile(): string {
  const image = (name: string, repositoryName = name) => ({
    name,
    image: `${registry.host}/acme/${repositoryName}`,
    policy: { semver: '>=1.0.0' },
    writes: [{ repository: 'fleet', branch: 'main' }],
  });
  return JSON.stringify({
    clusters: { lab: { kubeconfig: { path: 'absent' } } },
    repositories: { fleet: { host: 'git', url: `${server.url}/fleet.git`, write: 'env:FLEET_WRITE' } },
    targets: [],
    images: [image('web'), image('api'), image('old'), image('gone')],
  });
}

async function images(...args: readonly string[]) {
  return headgate(['images', ...args], { files: { 'headgate.yml': configFile() } });
}

describe('headgate images', () => {
  it('shows what Git has of each image, what its policy wants, and why it differs', async () => {
    const { code, stdout } = await images();
    expect(code).toBe(1);
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['IMAGE', 'BRANCH', 'CURRENT', 'WANTED', 'STATE'],
      ['web', 'fleet main', '1.2.0', '1.3.0', 'the next poll writes it'],
      ['api', 'fleet main', '2.0.0', '2.0.0', 'current'],
      ['old', 'fleet main', '-', '-', 'no tag is a version in >=1.0.0; the nearest: 0.9.0'],
      ['gone', 'fleet main', '-', '-', 'the registry does not have this image, or hides it: status 404 NAME_UNKNOWN'],
      [''],
    ]);
    expect(repository.git('log', '--format=%s', 'main').split('\n')).toHaveLength(1);
  });

  it('shows one image, as JSON', async () => {
    const { code, stdout } = await images('web', '--output', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        image: 'web',
        repository: 'fleet',
        branch: 'main',
        current: ['1.2.0'],
        wanted: '1.3.0',
        reason: 'the next poll writes it',
        problem: null,
      },
    ]);
  });

  it.each([
    [['release'], 'the name of the image is missing', 'Run headgate images release web, for example.'],
    [['web', 'release'], 'unexpected argument release', 'Did you mean headgate images release web?'],
    [['web', 'api'], 'unexpected argument api', 'Pass one name.'],
  ])('refuses headgate images %j, and shows what was probably meant', async (args, message, remedy) => {
    const { code, stdout, stderr } = await images(...args);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
  });

  it('names the image that was probably meant', async () => {
    const { code, stderr } = await images('wbe');
    expect(code).toBe(64);
    expect(stderr).toContain('no image is named wbe');
    expect(stderr).toContain('Did you mean web?');
  });
});

describe('headgate check', () => {
  it('reports the secrets and the tags of every image', async () => {
    const { stdout } = await headgate(['check'], {
      files: { 'headgate.yml': configFile() },
      env: { FLEET_WRITE: 'x' },
    });
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4));
    expect(rows).toContainEqual(['secret', 'env:FLEET_WRITE', 'ok', 'found']);
    expect(rows).toContainEqual(['image', 'web', 'ok', 'wants 1.3.0']);
    expect(rows).toContainEqual(['image', 'old', 'ok', 'no tag is a version in >=1.0.0; the nearest: 0.9.0']);
    expect(rows.find(([kind, name]) => kind === 'image' && name === 'gone')?.[2]).toBe('FAILED');
  });
});
