import { describe, expect, it } from 'vitest';
import { importOf, inClone, inCluster } from './installation.ts';

const git = (more = 'ref: { branch: main }') => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { interval: 1m0s, url: 'ssh://git@github.com/acme/fleet', ${more} }
`;
const kustomization = (name: string, spec: string, status = '') => `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 10m, sourceRef: { kind: GitRepository, name: flux-system }, ${spec} }
${status}`;
const release = (spec: string, status = '') => `---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: shop, labels: { kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system } }
spec: { interval: 5m, ${spec} }
${status}---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: { name: charts, namespace: shop }
spec: { url: https://charts.example.com }
`;
const CHART = 'chart: { spec: { chart: web, version: 1.2.3, sourceRef: { kind: HelmRepository, name: charts } } }';
const manifest = (kind: string, name: string, namespace = '') =>
  `---\napiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}${namespace === '' ? '' : `, namespace: ${namespace}`} }\n`;
const imported = (...texts: readonly string[]) => importOf('flux', inCluster(git(), ...texts));
const first = (...texts: readonly string[]) => imported(...texts).config?.targets[0];

describe('a Kustomization of Flux', () => {
  it('becomes a target with its path, source, pruning, account, wait, variables and decryption', () => {
    const spec = `path: ./apps/production/, prune: true, targetNamespace: shop, serviceAccountName: deployer, wait: true,
      timeout: 3m0s, postBuild: { substitute: { REGION: eu-west-1, DEBUG: "yes", PORT: "8080" } },
      decryption: { provider: sops, secretRef: { name: sops-age } }`;
    const { config, remarks } = imported(kustomization('apps', spec));
    expect(config?.repositories.get('fleet')).toMatchObject({ host: 'github', url: 'https://github.com/acme/fleet' });
    expect(config?.targets).toMatchObject([
      {
        name: 'apps',
        path: 'apps/production',
        branch: 'main',
        namespace: 'shop',
        namespaces: '*',
        adopt: true,
        serviceAccount: { namespace: 'flux-system', name: 'deployer' },
        prune: { enabled: true },
        waitMs: 180_000,
        variables: { REGION: 'eu-west-1', DEBUG: 'yes', PORT: '8080' },
        decryption: { age: { kind: 'env', name: 'APPS_AGE_KEY' } },
        suspend: false,
      },
    ]);
    expect(remarks.map(({ kind }) => kind)).not.toContain('untranslated');
  });

  it('never prunes with prune: false, and is suspended when it was', () => {
    expect(first(kustomization('apps', 'path: apps, prune: false, suspend: true'))).toMatchObject({
      prune: { enabled: false },
      suspend: true,
    });
  });

  it('may deploy to exactly the namespaces that its inventory has', () => {
    const entries = [
      'shop_web_apps_Deployment',
      'blog_web__Service',
      '_shop__Namespace',
      'shop_a__b_rbac.authorization.k8s.io_Role',
    ];
    const status = `status: { inventory: { entries: [${entries.map((id) => `{ id: '${id}', v: v1 }`).join(', ')}] } }\n`;
    expect(first(kustomization('apps', 'path: apps, prune: true', status))).toMatchObject({
      namespace: 'blog',
      namespaces: ['blog', 'shop'],
      clusterScoped: true,
    });
  });

  it('depends on the targets of the Kustomizations that it depends on', () => {
    const { config, lost } = imported(
      kustomization('apps', 'path: apps, prune: true, dependsOn: [{ name: infra }, { name: gone }]'),
      kustomization('infra', 'path: infra, prune: true'),
    );
    expect(config?.targets[0]?.dependsOn).toEqual(['infra']);
    expect(lost).toEqual(['Kustomization flux-system/apps spec.dependsOn[]']);
  });

  it('does not depend on a target that is only a comment, and says so', () => {
    const infra = kustomization('infra', 'path: infra, prune: true').replace('GitRepository, name', 'Bucket, name');
    const { config, lost } = imported(
      kustomization('apps', 'path: apps, prune: true, dependsOn: [{ name: infra }]'),
      infra,
    );
    expect(config?.targets).toMatchObject([{ name: 'apps', dependsOn: [] }]);
    expect(lost).toContain('Kustomization flux-system/apps spec.dependsOn');
  });

  it('is suspended while a field that changes manifests is not in Git, and the file says which', () => {
    const { config, lost, text } = imported(
      kustomization(
        'apps',
        'path: apps, prune: true, patches: [{ patch: "x" }], postBuild: { substituteFrom: [{ kind: Secret, name: vars }] }',
      ),
    );
    expect(config?.targets).toMatchObject([{ suspend: true, variables: {} }]);
    expect(lost).toEqual([
      'Kustomization flux-system/apps spec.patches',
      'Kustomization flux-system/apps spec.postBuild.substituteFrom[]',
    ]);
    expect(text).toContain('  #   not translated: spec.patches: Move it to the kustomization file');
  });

  it('is a comment when its source follows a tag, is not in Git or was not found', () => {
    const texts = [
      kustomization('a', 'path: a, prune: true').replace('name: flux-system }, path', 'name: gone }, path'),
      kustomization('b', 'path: b, prune: true').replace('GitRepository, name', 'OCIRepository, name'),
      kustomization('c', 'path: c, prune: true'),
    ];
    const { targets, text, lost } = importOf('flux', inCluster(git('ref: { tag: v1 }'), ...texts));
    expect(targets.map(({ isIncomplete }) => isIncomplete)).toEqual([true, true, true]);
    expect(text).toMatch(/^ {2}# - name: a$/m);
    expect(lost).toEqual([
      'GitRepository flux-system/flux-system spec.ref.tag',
      'Kustomization flux-system/a spec.sourceRef',
      'Kustomization flux-system/b spec.sourceRef',
      'Kustomization flux-system/c spec.sourceRef',
    ]);
  });

  it('that deploys only objects of Flux, or Flux itself, needs no target', () => {
    const files = {
      'clusters/prod/flux-system/gotk-components.yaml': manifest('Namespace', 'flux-system'),
      'clusters/prod/flux-system/kustomization.yaml': 'resources: [gotk-components.yaml, gotk-sync.yaml]',
      'clusters/prod/flux-system/gotk-sync.yaml':
        git() + kustomization('flux-system', 'path: ./clusters/prod, prune: true'),
      'clusters/prod/apps.yaml': kustomization('apps', 'path: apps, prune: true'),
      'apps/web.yaml': manifest('Service', 'web', 'shop'),
    };
    const { config, remarks } = importOf('flux', inClone(files));
    expect(config?.targets).toMatchObject([
      { name: 'apps', namespace: 'shop', namespaces: ['shop'], clusterScoped: false },
    ]);
    expect(remarks).toContainEqual({
      kind: 'note',
      object: 'Kustomization flux-system/flux-system',
      file: 'clusters/prod/flux-system/gotk-sync.yaml',
      field: 'spec.path',
      message: 'It deploys only objects of Flux, which need no target.',
    });
  });

  it('applies a file that holds objects of Flux beside others as it is, and says so', () => {
    const files = {
      'flux.yaml': git() + kustomization('apps', 'path: apps, prune: true'),
      'apps/all.yaml': `${manifest('Namespace', 'shop')}${release(CHART)}`,
    };
    const { config, remarks } = importOf('flux', inClone(files));
    expect(config?.targets[0]).toMatchObject({ name: 'apps', exclude: [], clusterScoped: true });
    expect(remarks).toContainEqual(
      expect.objectContaining({
        kind: 'note',
        message: expect.stringContaining('HelmRelease web, HelmRepository charts'),
      }),
    );
  });

  it('leaves files of Flux out of a folder of manifests, and writes a target for each kustomization below it', () => {
    const files = {
      'flux.yaml':
        git() + kustomization('apps', 'path: apps, prune: true') + kustomization('infra', 'path: infra, prune: true'),
      'apps/web.yaml': manifest('Service', 'web', 'shop'),
      'apps/release.yaml': release(CHART),
      'infra/dns/kustomization.yaml': 'resources: [dns.yaml]',
      'infra/dns/dns.yaml': manifest('Service', 'dns'),
      'infra/ns.yaml': manifest('Namespace', 'infra'),
    };
    const { config } = importOf('flux', inClone(files));
    expect(config?.targets.map(({ name, path, exclude }) => [name, path, exclude.map(({ glob }) => glob)])).toEqual([
      ['apps', 'apps', ['release.yaml']],
      ['infra', 'infra', ['dns/**']],
      ['infra-dns', 'infra/dns', []],
      ['web', 'apps', []],
    ]);
  });
});

describe('a HelmRelease of Flux', () => {
  it('becomes a target with its chart, release, values, account, drift and failure settings', () => {
    const spec = `${CHART}, releaseName: shop-web, targetNamespace: front, install: { createNamespace: true }, timeout: 9m,
      upgrade: { remediation: { retries: 3, strategy: rollback } },
      driftDetection: { mode: warn, ignore: [{ paths: [/spec/replicas], target: { kind: Deployment } }] },
      values: { replicas: 2, image: { tag: "1.0", pull.policy: Always }, debug: false }`;
    const { config } = imported(kustomization('apps', 'path: apps, prune: true'), release(spec));
    expect(config?.targets[1]).toMatchObject({
      name: 'web',
      path: 'apps',
      namespace: 'front',
      createNamespace: true,
      waitMs: 540_000,
      drift: 'report',
      onFailure: 'rollback',
      ignore: [{ kind: 'Deployment', paths: ['/spec/replicas'] }],
      helm: {
        chart: 'web',
        version: '1.2.3',
        repository: 'https://charts.example.com',
        releaseName: 'shop-web',
        set: { replicas: 2, 'image.tag': '1.0', 'image.pull\\.policy': 'Always', debug: false },
      },
    });
  });

  it('has the deployed version of its chart instead of a range, and is a comment when that is not known', () => {
    const range = CHART.replace('1.2.3', '">=1.0.0 <2"');
    const deployed = imported(
      kustomization('apps', 'path: apps, prune: true'),
      release(range, 'status: { history: [{ chartVersion: 1.9.0 }] }\n'),
    );
    expect(deployed.config?.targets[1]?.helm).toMatchObject({ version: '1.9.0' });
    const unknown = imported(kustomization('apps', 'path: apps, prune: true'), release(range));
    expect(unknown.targets[1]).toMatchObject({ isIncomplete: true });
    expect(unknown.lost).toEqual(['HelmRelease shop/web spec.chart.spec.version']);
  });

  it('is suspended when its values have lists, null, or come from a ConfigMap or a Secret', () => {
    const spec = `${CHART}, values: { hosts: [a], gone: null }, valuesFrom: [{ kind: Secret, name: s }, { kind: ConfigMap, name: c }]`;
    const { config, lost } = imported(kustomization('apps', 'path: apps, prune: true'), release(spec));
    expect(config?.targets[1]?.suspend).toBe(true);
    expect(lost).toEqual([
      'HelmRelease shop/web spec.values.hosts',
      'HelmRelease shop/web spec.values.gone',
      'HelmRelease shop/web spec.valuesFrom[]',
      'HelmRelease shop/web spec.valuesFrom[]',
    ]);
  });

  it('takes values from a ConfigMap that is a file in Git', () => {
    const files = {
      'flux.yaml': git() + kustomization('apps', 'path: apps, prune: true'),
      'apps/release.yaml': release(`${CHART}, valuesFrom: [{ kind: ConfigMap, name: web, valuesKey: a.yaml }]`),
      'apps/values.yaml': `${manifest('ConfigMap', 'web', 'shop')}data: { a.yaml: 'replicas: 2' }\n`,
    };
    const { config, lost } = importOf('flux', inClone(files));
    expect(config?.targets[1]?.helm?.values).toEqual(['/apps/values.yaml#a.yaml']);
    expect([config?.targets[1]?.suspend, lost]).toEqual([false, []]);
  });

  it('has a chart of an OCI registry by the tag of its OCIRepository', () => {
    const oci = `---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: { name: web, namespace: shop }
spec: { url: oci://ghcr.io/acme/web, ref: { tag: 6.1.0 } }\n`;
    const { config } = imported(
      kustomization('apps', 'path: apps, prune: true'),
      release('chartRef: { kind: OCIRepository, name: web }'),
      oci,
    );
    expect(config?.targets[1]?.helm).toMatchObject({ oci: 'oci://ghcr.io/acme/web', version: '6.1.0' });
  });
});

describe('headgate import flux', () => {
  it.each(['GitRepository', 'Kustomization', 'HelmRelease', 'HelmRepository'])(
    'names a field of a %s that it does not know',
    (kind) => {
      const texts = [git(), kustomization('apps', 'path: apps, prune: true'), release(CHART)].join('---\n');
      const strange = texts.replace(new RegExp(`(kind: ${kind}\n.*\nspec: \\{)`), '$1 strange: { deep: 1 }, ');
      const { lost } = importOf('flux', inCluster(strange));
      expect(lost).toEqual([expect.stringMatching(new RegExp(`^${kind} .* spec\\.strange$`))]);
    },
  );

  it.each(['ImagePolicy', 'ImageUpdateAutomation', 'Bucket', 'Alert', 'SomethingNew'])('names a %s', (kind) => {
    const { lost } = imported(
      kustomization('apps', 'path: apps, prune: true'),
      `---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ${kind}\nmetadata: { name: x, namespace: flux-system }\nspec: { a: 1 }\n`,
    );
    expect(lost).toEqual([`${kind} flux-system/x kind`]);
  });

  it('takes the kind of a self-hosted Git host from its Receiver', () => {
    const receiver = `---\napiVersion: notification.toolkit.fluxcd.io/v1\nkind: Receiver\nmetadata: { name: r, namespace: flux-system }
spec: { type: gitlab, resources: [{ kind: GitRepository, name: flux-system }], secretRef: { name: s } }\n`;
    const source = git().replace('github.com/acme', 'code.example.com/acme');
    const { config } = importOf('flux', inCluster(source, kustomization('apps', 'path: apps, prune: true'), receiver));
    expect(config?.repositories.get('fleet')?.host).toBe('gitlab');
  });

  it('gives targets of the same name and of long names unique valid ones', () => {
    const names = ['a'.repeat(60), `${'b'.repeat(10)}${'a'.repeat(60)}`, 'web'];
    const texts = names.map((name) => kustomization(name, 'path: apps, prune: true'));
    const { config } = imported(...texts, release(CHART));
    expect(new Set(config?.targets.map(({ name }) => name)).size).toBe(4);
  });
});
