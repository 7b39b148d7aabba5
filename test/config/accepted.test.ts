import { describe, expect, it } from 'vitest';
import { sdkRegions } from '../platforms/aws/api/sdk-partitions.ts';
import { configOf, file, withRepository, withTarget } from './builders.ts';

const regions = await sdkRegions();

/** The example of the interface, with real values. */
const EXAMPLE = `
clusters:
  prod:                                   # on EKS
    eks: { name: prod, region: eu-west-1, role: arn:aws:iam::111122223333:role/headgate/shop, readRole: arn:aws:iam::111122223333:role/headgate/shop-read, externalId: "abc" }
  lab:                                    # any cluster with a kubeconfig; path relative to this file
    kubeconfig: { path: ./kubeconfig, context: lab }
repositories:
  fleet:
    host: github
    url: https://github.com/acme/fleet.git
    api: https://api.github.com
    id: "123456"
    webhookSecret: env:FLEET_WEBHOOK_SECRET
    credentials: env:FLEET_TOKEN
    statuses: true
targets:
  - name: shop-prod
    repository: fleet
    branch: main
    path: clusters/prod
    inputs: [apps/base]
    cluster: prod
    role: arn:aws:iam::111122223333:role/headgate/other
    namespace: shop
    namespaces: [shop, shop-jobs]
    clusterScoped: false
    createNamespace: false
    adopt: false
    serviceAccount: shop/deployer
    prune: { enabled: true, limit: 30, kinds: [], empty: false }
    wait: 5m
    conflicts: force
    ignore:
      - { kind: Deployment, paths: [/spec/replicas] }
    exclude: ["**/values.yaml"]
    drift: correct
    dependsOn: [infra-prod]
    suspend: false
    kustomize: { remoteBases: [], loadRestrictor: root-only }
  - name: infra-prod
    repository: fleet
    branch: main
    cluster: lab
    namespace: infra
`;

const PROD = {
  kind: 'eks',
  name: 'prod',
  cluster: 'prod',
  region: 'eu-west-1',
  role: 'arn:aws:iam::111122223333:role/headgate/shop',
  readRole: 'arn:aws:iam::111122223333:role/headgate/shop-read',
  externalId: 'abc',
};
const LAB = {
  kind: 'kubeconfig',
  name: 'lab',
  path: '/etc/headgate/kubeconfig',
  secret: null,
  context: 'lab',
  insecure: false,
};
const FLEET = {
  name: 'fleet',
  host: 'github',
  url: 'https://github.com/acme/fleet.git',
  api: 'https://api.github.com',
  fullName: 'acme/fleet',
  id: '123456',
  webhookSecrets: [{ kind: 'env', name: 'FLEET_WEBHOOK_SECRET' }],
  webhookHeader: null,
  credentials: { kind: 'token', token: { kind: 'env', name: 'FLEET_TOKEN' } },
  statuses: true,
  pullRequests: { plan: false, comment: true, forks: false, serviceAccount: null, approvers: [] },
  insecure: false,
  write: null,
  record: 'none',
  caFile: null,
  notify: [],
};
const DEFAULTS = {
  path: '',
  inputs: [],
  role: null,
  clusterScoped: false,
  createNamespace: false,
  adopt: false,
  serviceAccount: null,
  prune: { enabled: true, limit: 30, kinds: [], empty: false },
  waitMs: 300_000,
  conflicts: 'force',
  ignore: [],
  exclude: [],
  kustomize: { remoteBases: [], loadRestrictor: 'root-only' },
  helm: null,
  decryption: null,
  variables: null,
  drift: 'correct',
  dependsOn: [],
  suspend: false,
  onFailure: 'keep',
  approval: 'none',
  notify: [],
  windows: [],
  generatedFrom: null,
};

function statuses(lines: string): boolean | undefined {
  return configOf(withRepository(lines)).repositories.get('fleet')?.statuses;
}

describe('a valid headgate.yml', () => {
  it('becomes the checked form with every name resolved and every default filled in', () => {
    const config = configOf(EXAMPLE);
    expect(Object.fromEntries(config.clusters)).toEqual({ prod: PROD, lab: LAB });
    expect(Object.fromEntries(config.repositories)).toEqual({ fleet: FLEET });
    const common = { repository: FLEET, branch: 'main', ref: 'refs/heads/main' };
    expect(config.targets).toEqual([
      {
        ...DEFAULTS,
        ...common,
        name: 'shop-prod',
        path: 'clusters/prod',
        inputs: ['apps/base'],
        cluster: PROD,
        role: 'arn:aws:iam::111122223333:role/headgate/other',
        namespace: 'shop',
        namespaces: ['shop', 'shop-jobs'],
        serviceAccount: { namespace: 'shop', name: 'deployer' },
        ignore: [{ group: null, kind: 'Deployment', namespace: null, name: null, paths: ['/spec/replicas'] }],
        exclude: [{ glob: '**/values.yaml', alternatives: [[null, String.raw`^(?:values\.yaml)$`]] }],
        dependsOn: ['infra-prod'],
      },
      { ...DEFAULTS, ...common, name: 'infra-prod', cluster: LAB, namespace: 'infra', namespaces: ['infra'] },
    ]);
  });

  it('has no warnings when every setting has an effect', () => {
    expect(configOf(EXAMPLE).warnings).toEqual([]);
    expect(configOf(file({})).warnings).toEqual([]);
  });

  it.each([
    ['clusters/prod/', 'clusters/prod'],
    ['./clusters//prod', 'clusters/prod'],
    ['.', ''],
  ])('normalizes path %s to "%s"', (written, path) => {
    expect(configOf(withTarget(`path: ${written}`)).targets[0]?.path).toBe(path);
  });

  it.each([
    ['0s', 0],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['168h', 604_800_000],
  ])('reads wait: %s as %i ms', (written, waitMs) => {
    expect(configOf(withTarget(`wait: ${written}`)).targets[0]?.waitMs).toBe(waitMs);
  });

  it('reads namespaces: ["*"] as any namespace', () => {
    expect(configOf(withTarget('namespaces: ["*"]')).targets[0]?.namespaces).toBe('*');
  });

  it('accepts the short names of protected kinds', () => {
    expect(configOf(withTarget('prune: { kinds: [CRD, PVC, Namespace] }')).targets[0]?.prune).toEqual({
      ...DEFAULTS.prune,
      kinds: ['CustomResourceDefinition', 'PersistentVolumeClaim', 'Namespace'],
    });
  });

  it('keeps all digits of an unquoted id', () => {
    expect(configOf(withRepository('id: 12345678901234567890')).repositories.get('fleet')?.id).toBe(
      '12345678901234567890',
    );
  });

  it('resolves relative paths against its own directory and ~ against HOME', () => {
    const config = configOf(
      file({
        cluster: 'kubeconfig: { path: ~/.kube/config }',
        repository: `host: github
    url: https://git.example.com/acme/fleet
    webhookSecret: [file:hook.secret, file:/run/hook]
    credentials: { app: 12345, installation: "678", privateKey: file:../app.pem }
    caFile: ca.pem`,
      }),
    );
    expect(config.clusters.get('lab')).toMatchObject({ path: '/home/ada/.kube/config', context: null });
    expect(config.repositories.get('fleet')).toMatchObject({
      api: 'https://git.example.com/api/v3',
      fullName: 'acme/fleet',
      caFile: '/etc/headgate/ca.pem',
      webhookSecrets: [
        { kind: 'file', path: '/etc/headgate/hook.secret' },
        { kind: 'file', path: '/run/hook' },
      ],
      credentials: {
        kind: 'app',
        app: '12345',
        installation: '678',
        privateKey: { kind: 'file', path: '/etc/app.pem' },
      },
    });
  });

  it('uses kubectl’s default kubeconfig when no path is set', () => {
    expect(configOf(file({ cluster: 'kubeconfig: {}' })).clusters.get('lab')).toMatchObject({
      path: null,
      context: null,
    });
  });

  it('accepts a secret whose content is the kubeconfig', () => {
    expect(
      configOf(file({ cluster: 'kubeconfig: { secret: file:lab.kubeconfig, context: lab }' })).clusters.get('lab'),
    ).toEqual({
      kind: 'kubeconfig',
      name: 'lab',
      path: null,
      secret: { kind: 'file', path: '/etc/headgate/lab.kubeconfig' },
      context: 'lab',
      insecure: false,
    });
  });

  it('requires no webhook secret for a plain Git server, which has no API and no statuses', () => {
    const repository = 'host: git\n    url: https://git.example.com/fleet.git\n    credentials: ssm:/fleet/token';
    expect(configOf(file({ repository })).repositories.get('fleet')).toMatchObject({
      host: 'git',
      api: null,
      fullName: 'fleet',
      webhookSecrets: [],
      statuses: false,
      credentials: { kind: 'token', token: { kind: 'ssm', name: '/fleet/token' } },
    });
  });

  it('accepts the header that has the secret, in any case, from a host that signs nothing', () => {
    const url = 'url: https://dev.azure.com/acme/shop/_git/fleet';
    const repository = `host: azure-devops\n    ${url}\n    webhookSecret: env:SECRET\n    webhookHeader: X-Token`;
    expect(configOf(file({ repository })).repositories.get('fleet')).toMatchObject({ webhookHeader: 'x-token' });
  });

  it('reads the key of a secret in AWS Secrets Manager', () => {
    const secret =
      'credentials: secretsmanager:arn:aws:secretsmanager:eu-west-1:111122223333:secret:fleet-AbCdEf#token';
    expect(configOf(withRepository(secret)).repositories.get('fleet')?.credentials).toEqual({
      kind: 'token',
      token: {
        kind: 'secretsmanager',
        id: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:fleet-AbCdEf',
        key: 'token',
      },
    });
  });

  it.each(['http://127.0.0.1:8080/acme/fleet.git', 'http://localhost/acme/fleet.git', 'http://[::1]:1/acme/fleet.git'])(
    'accepts %s, which does not leave this machine',
    (url) => {
      const repository = `host: github\n    url: ${url}\n    webhookSecret: env:A`;
      expect(configOf(file({ repository })).repositories.get('fleet')).toMatchObject({ url, fullName: 'acme/fleet' });
    },
  );

  it.each(regions)('takes %s, a region of the AWS SDK', (region) => {
    expect(configOf(file({ cluster: `eks: { name: prod, region: ${region} }` })).clusters.get('lab')).toMatchObject({
      region,
    });
  });

  it('takes a cluster and a role of the AWS European Sovereign Cloud', () => {
    const role = 'arn:aws-eusc:iam::111122223333:role/headgate/shop';
    const cluster = `eks: { name: prod, region: eusc-de-east-1, role: "${role}" }`;
    expect(configOf(file({ cluster })).clusters.get('lab')).toMatchObject({ region: 'eusc-de-east-1', role });
  });

  it('accepts http to other machines with insecure: true', () => {
    const repository = 'host: git\n    url: http://git.lan/fleet.git\n    insecure: true';
    expect(configOf(file({ repository })).repositories.get('fleet')?.url).toBe('http://git.lan/fleet.git');
  });

  it('enables statuses only with credentials and unless statuses is false', () => {
    expect([statuses(''), statuses('credentials: env:T'), statuses('credentials: env:T\n    statuses: false')]).toEqual(
      [false, true, false],
    );
  });

  it('may use anchors and aliases', () => {
    const ignore = 'ignore: [&replicas { kind: Deployment, paths: [/spec/replicas] }, *replicas]';
    expect(configOf(withTarget(ignore)).targets[0]?.ignore).toHaveLength(2);
  });
});
