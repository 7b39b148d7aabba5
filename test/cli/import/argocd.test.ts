import { describe, expect, it } from 'vitest';
import { importOf, inClone, inCluster } from './installation.ts';

const SERVER = 'https://kubernetes.default.svc';
const URL = 'https://github.com/acme/fleet.git';
const AUTOMATED = 'syncPolicy: { automated: { prune: true, selfHeal: true } }';
const application = (name: string, spec: string, more = '') => `---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: ${name}, namespace: argocd }
spec: { project: default, destination: { server: "${SERVER}", namespace: shop }, ${spec} }
${more}`;
const source = (path: string, more = '') => `source: { repoURL: "${URL}", targetRevision: main, path: ${path}${more} }`;
const set = (generators: string, template: string) => `---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: apps, namespace: argocd }
spec:
  goTemplate: true
  generators: ${generators}
  template: ${template}
`;
const template = (path: string, name: string, namespace = name) =>
  `{ metadata: { name: '${name}' }, spec: { project: default, source: { repoURL: '${URL}', targetRevision: main, path: '${path}' },
    destination: { server: '${SERVER}', namespace: '${namespace}' }, ${AUTOMATED} } }`;
const manifest = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const imported = (...texts: readonly string[]) => importOf('argocd', inCluster(...texts));
const first = (...texts: readonly string[]) => imported(...texts).config?.targets[0];

describe('an Application of Argo CD', () => {
  it('is written so that no text in it looks like something else', () => {
    const { text, config } = imported(
      application(
        'web',
        `source: { repoURL: "${URL}", targetRevision: main, path: "apps/\u202e\u{e0041}x" }, ${AUTOMATED}`,
      ),
      application('api', `source: { repoURL: "${URL}", targetRevision: "\u202e1.0.*", path: api }, ${AUTOMATED}`),
    );
    expect(text).not.toMatch(/[\u202e\udb40]/);
    expect(text).toContain(String.raw`path: "apps/\u202e\udb40\udc41x"`);
    expect(config?.targets[0]?.path).toBe('apps/\u202e\u{e0041}x');
  });

  it('becomes a target with its source, destination, sync policy, options and ignored fields', () => {
    const options = 'syncOptions: [CreateNamespace=true, ServerSideApply=true, PruneLast=true]';
    const ignored =
      'ignoreDifferences: [{ group: apps, kind: Deployment, jsonPointers: [/spec/replicas], jqPathExpressions: [.spec.paused] }]';
    const { config, lost } = imported(
      application(
        'web',
        `${source('apps/web')}, syncPolicy: { automated: { prune: true, selfHeal: true, allowEmpty: true }, ${options} }, ${ignored}`,
      ),
    );
    expect(config?.targets).toMatchObject([
      {
        name: 'web',
        path: 'apps/web',
        branch: 'main',
        cluster: { name: 'lab' },
        namespace: 'shop',
        namespaces: '*',
        createNamespace: true,
        adopt: true,
        prune: { enabled: true, empty: true },
        drift: 'correct',
        ignore: [{ group: 'apps', kind: 'Deployment', paths: ['/spec/replicas', '/spec/paused'] }],
        suspend: false,
      },
    ]);
    expect(lost).toEqual([]);
  });

  it('remarks on each kustomize option by itself, and on the others as one', () => {
    const options = ', kustomize: { version: v5.4.1, kubeVersion: 1.31.0, images: [nginx:1.27], namePrefix: eu- }';
    const { remarks } = imported(application('web', source('apps/web', options)));
    const found = remarks.map(({ kind, field, message }) => `${kind} ${field}: ${message}`);
    expect(found.filter((text) => text.includes('kustomize'))).toEqual([
      'note spec.source.kustomize.version: Headgate has one version of kustomize.',
      'note spec.source.kustomize.kubeVersion: Headgate renders a chart for the version and the APIs of the cluster.',
      'changes-manifests spec.source.kustomize: Move it to the kustomization file: Headgate applies what Git has.',
    ]);
  });

  it('neither prunes nor corrects drift without prune and selfHeal, and is suspended when it is synced by hand', () => {
    expect(first(application('web', `${source('web')}, syncPolicy: { automated: {} }`))).toMatchObject({
      prune: { enabled: false },
      drift: 'report',
      suspend: false,
    });
    expect(first(application('web', source('web')))).toMatchObject({ suspend: true });
    expect(first(application('web', `${source('web')}, syncPolicy: { automated: { enabled: false } }`))?.suspend).toBe(
      true,
    );
  });

  it('may deploy to exactly the namespaces of its resources, else to those of its project', () => {
    const status =
      'status: { resources: [{ kind: Service, namespace: blog, name: a }, { kind: Namespace, name: blog }] }\n';
    expect(first(application('web', source('web'), status))).toMatchObject({
      namespaces: ['shop', 'blog'],
      clusterScoped: true,
    });
    const project = `---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: { name: default, namespace: argocd }
spec: { destinations: [{ server: "*", namespace: jobs }], sourceRepos: ["*"] }\n`;
    expect(first(application('web', source('web')), project)).toMatchObject({
      namespaces: ['shop', 'jobs'],
      clusterScoped: false,
    });
  });

  it('reads only the files of its folder without recurse, and leaves out what it excludes', () => {
    const files = {
      'argo.yaml':
        application('a', source('a', ", directory: { recurse: true, exclude: '{x,y}/*.yaml' }")) +
        application('b', source('b')),
      'a/web.yaml': manifest('Service', 'web'),
      'b/web.yaml': manifest('Service', 'web'),
      'b/app.yaml': application('c', source('c')),
    };
    const { config } = importOf('argocd', inClone(files));
    expect(config?.targets.map(({ name, exclude }) => [name, exclude.map(({ glob }) => glob)])).toEqual([
      ['a', ['{x,y}/*.yaml']],
      ['b', ['*/**', 'app.yaml']],
      ['c', ['*/**']],
    ]);
  });

  it('renders a chart in Git with its release name, value files, values and parameters', () => {
    const helm = `, helm: { releaseName: shop, valueFiles: [values.yaml, ../prod.yaml, /envs/prod.yaml],
      values: "replicas: 2", valuesObject: { image: { tag: "1" } }, parameters: [{ name: a.b, value: "3" }, { name: c, value: "4", forceString: true }, { name: d, value: "true" }] }`;
    expect(first(application('web', source('charts/web', helm)))?.helm).toMatchObject({
      releaseName: 'shop',
      values: ['values.yaml', '/charts/prod.yaml', '/envs/prod.yaml'],
      set: { replicas: 2, 'image.tag': '1', 'a.b': 3, c: '4', d: true },
    });
  });

  it('pulls a chart of a repository or a registry, with values of the repository that a second source names', () => {
    const sources = (
      repoURL: string,
    ) => `sources: [{ repoURL: "${repoURL}", chart: web, targetRevision: 1.2.3, helm: { valueFiles: [$values/envs/web.yaml] } },
      { repoURL: "${URL}", targetRevision: main, ref: values }]`;
    const { config, lost } = imported(
      application('a', sources('https://charts.example.com')),
      application('b', sources('ghcr.io/acme/charts')),
    );
    expect(config?.targets.map(({ helm }) => helm)).toMatchObject([
      { chart: 'web', version: '1.2.3', repository: 'https://charts.example.com', values: ['/envs/web.yaml'] },
      { oci: 'oci://ghcr.io/acme/charts/web', version: '1.2.3', values: ['/envs/web.yaml'] },
    ]);
    expect(lost.filter((each) => !each.endsWith('spec.syncPolicy'))).toEqual([]);
  });

  it('is a comment with a tag, several sources, or a cluster without a context, and has the cluster of a context', () => {
    const elsewhere = (destination: string) =>
      application('c', source('c')).replace(`server: "${SERVER}"`, destination);
    const { targets } = imported(
      application('a', source('a').replace('targetRevision: main', 'targetRevision: v1.2.0')),
      application('b', `sources: [{ repoURL: "${URL}", path: a }, { repoURL: "${URL}", path: b }]`),
      elsewhere('server: "https://1.2.3.4"'),
    );
    expect(targets.map(({ isIncomplete }) => isIncomplete)).toEqual([true, true, true]);
    const { config } = imported(elsewhere('name: eu'));
    expect(config?.targets[0]?.cluster).toMatchObject({ name: 'eu', context: 'eu' });
  });

  it('is suspended while its kustomize settings, plugin or lists of values are not in Git', () => {
    for (const more of [
      ', kustomize: { images: [a=b] }',
      ', plugin: { name: x }',
      ', helm: { valuesObject: { hosts: [a] } }',
    ]) {
      const { config, lost } = imported(application('web', `${source('web', more)}, ${AUTOMATED}`));
      expect([more, config?.targets[0]?.suspend, lost.length]).toEqual([more, true, 1]);
    }
  });

  it('that deploys only Applications needs no target, and its finalizer is named', () => {
    const root = application('root', `${source('argo')}, ${AUTOMATED}`);
    const web = application('web', `${source('web')}, ${AUTOMATED}`).replace(
      'namespace: argocd }',
      'namespace: argocd, finalizers: [resources-finalizer.argocd.argoproj.io] }',
    );
    const { config, remarks } = importOf(
      'argocd',
      inClone({ 'root.yaml': root, 'argo/web.yaml': web, 'web/a.yaml': manifest('Service', 'web') }),
    );
    expect(config?.targets.map(({ name }) => name)).toEqual(['web']);
    expect(remarks.map(({ object, field }) => `${object} ${field}`)).toEqual([
      'Application argocd/root spec.source.path',
      'Application argocd/web metadata.finalizers',
    ]);
  });
});

describe('an ApplicationSet of Argo CD', () => {
  const files = { 'apps/web/a.yaml': manifest('Service', 'a'), 'apps/blog/a.yaml': manifest('Service', 'a') };
  const generator = (more = '') =>
    `[{ git: { repoURL: '${URL}', revision: main, directories: [{ path: apps/* }${more}] } }]`;

  it.each([
    ['{{.path.path}}', '{{.path.basename}}'],
    ['{{path}}', '{{path.basename}}'],
    ['{{ .path.path }}', '{{index .path.segments 1}}'],
  ])('with a generator of directories becomes a target template: %s %s', (path, name) => {
    const text = set(generator(), template(path, name));
    const { config, lost } = importOf('argocd', inClone({ ...files, 'argo/set.yaml': text }));
    expect(config?.templates).toMatchObject([
      { forEach: { directories: 'apps/*', namespaces: ['blog', 'web'] }, settings: { adopt: true, suspend: false } },
    ]);
    expect(lost).toEqual([]);
  });

  it('is suspended when it excludes a directory, or has placeholders where a template has none', () => {
    const excluding = set(generator(', { path: apps/blog, exclude: true }'), template('{{path}}', '{{path.basename}}'));
    expect(importOf('argocd', inClone({ ...files, 'set.yaml': excluding })).config?.templates).toMatchObject([
      { forEach: { namespaces: ['web'] }, settings: { suspend: true } },
    ]);
    const stray = set(generator(), template('{{path}}', '{{path.basename}}')).replace(
      "path: '{{path}}' }",
      "path: '{{path}}', helm: { releaseName: '{{path.basename}}' } }",
    );
    expect(importOf('argocd', inClone({ ...files, 'set.yaml': stray })).lost).toContain(
      'ApplicationSet argocd/apps spec.template',
    );
  });

  it('with a list becomes a target for each of its elements', () => {
    const text = set(
      '[{ list: { elements: [{ name: web, path: x/web }, { name: blog, path: x/blog }] } }]',
      template('{{.path}}', '{{.name}}'),
    );
    const { config } = imported(text);
    expect(config?.targets.map(({ name, path, namespace }) => [name, path, namespace])).toEqual([
      ['web', 'x/web', 'web'],
      ['blog', 'x/blog', 'blog'],
    ]);
  });

  it('with another generator is imported as the Applications that it has generated, and named without them', () => {
    const text = set('[{ clusters: {} }]', template('apps/web', '{{.name}}-web'));
    expect(imported(text).lost).toEqual(['ApplicationSet argocd/apps spec.generators']);
    const child = application('in-cluster-web', `${source('apps/web')}, ${AUTOMATED}`).replace(
      'namespace: argocd }',
      'namespace: argocd, ownerReferences: [{ kind: ApplicationSet, name: apps }] }',
    );
    const { config, lost } = imported(text, child);
    expect([config?.targets.map(({ name }) => name), lost]).toEqual([['in-cluster-web'], []]);
  });

  it('covers the Applications that it has generated', () => {
    const child = application('web', `${source('apps/web')}, ${AUTOMATED}`).replace(
      'namespace: argocd }',
      'namespace: argocd, ownerReferences: [{ kind: ApplicationSet, name: apps }] }',
    );
    const { config } = imported(set(generator(), template('{{path}}', '{{path.basename}}')), child);
    expect(config?.targets).toEqual([]);
    expect(config?.templates).toMatchObject([{ forEach: { namespaces: ['shop', 'web'] } }]);
  });
});

describe('headgate import argocd', () => {
  it.each(['Application', 'ApplicationSet'])('names a field of %s that it does not know', (kind) => {
    const known =
      application('web', `${source('web')}, ${AUTOMATED}`) + set('[{ list: { elements: [] } }]', template('a', 'b'));
    const strange = known.replace(
      new RegExp(`(kind: ${kind}\n.*\nspec:(?: \\{)?)`),
      kind === 'Application' ? '$1 strange: 1, ' : '$1\n  strange: 1',
    );
    expect(imported(strange).lost).toEqual([`${kind} argocd/${kind === 'Application' ? 'web' : 'apps'} spec.strange`]);
  });

  it('names sync options, annotations, roles and windows without an equal', () => {
    const project = `---\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: { name: shop, namespace: argocd }
spec: { roles: [{ name: a }], syncWindows: [{ kind: deny }], destinations: [{ namespace: "*" }] }\n`;
    const web = application(
      'web',
      `${source('web')}, syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: [Replace=true, New=true] }`,
    ).replace(
      'namespace: argocd }',
      'namespace: argocd, annotations: { argocd.argoproj.io/sync-wave: "1", notifications.argoproj.io/subscribe.x.slack: y } }',
    );
    expect(imported(project, web).lost).toEqual([
      'AppProject argocd/shop spec.roles',
      'AppProject argocd/shop spec.syncWindows',
      'Application argocd/web metadata.annotations[argocd.argoproj.io/sync-wave]',
      'Application argocd/web metadata.annotations[notifications.argoproj.io/subscribe.x.slack]',
      'Application argocd/web spec.syncPolicy.syncOptions[Replace=true]',
      'Application argocd/web spec.syncPolicy.syncOptions[New=true]',
    ]);
  });
});
