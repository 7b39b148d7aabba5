import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expanded } from '../../src/config/templates/expand.ts';
import { expand, expandAll } from '../../src/config/templates/expand.ts';
import { matchDirectory, matchName } from '../../src/config/written/directory-glob.ts';
import { directoryOf, fillTemplate } from '../../src/config/templates/for-each.ts';
import { packConfig, unpackConfig } from '../../src/config/derived/packed.ts';
import { configOf, errorsOf } from './builders.ts';
import { APPS, fileWith, FOR_EACH, templateOf, templatesOf } from './target-templates.ts';

const SEED = { seed: 6, numRuns: 500 };

function expanded(directory: string, ...targets: readonly string[]): Expanded | null {
  const { config, template } = templatesOf(...targets);
  return expand(template, directory, config);
}

/** `code: subject message | remedy`, one for each reason to refuse a directory. */
function refusals(directory: string, ...targets: readonly string[]): readonly string[] {
  const one = expanded(directory, ...targets);
  if (one?.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(one)}`);
  return one.refused.problems.map(({ code, subject, message, remedy }) => `${code}: ${subject} ${message} | ${remedy}`);
}

describe('a target template in headgate.yml', () => {
  it('is kept apart from the targets, with its position in the file', () => {
    const { config, template } = templatesOf('name: infra, cluster: lab, namespace: infra', APPS);
    expect(config.targets.map(({ name, generatedFrom: from }) => ({ name, from }))).toEqual([
      { name: 'infra', from: null },
    ]);
    expect(template).toMatchObject({
      name: '{{basename}}-{{cluster}}',
      position: 'headgate.yml:10',
      forEach: { directories: 'clusters/*/apps/*', clusters: [{ name: 'lab' }, { name: 'prod' }] },
      fields: { path: null, cluster: '{{cluster}}', namespace: '{{basename}}' },
      namespaces: null,
      settings: { ref: 'refs/heads/main', waitMs: 300_000 },
    });
    expect(config.warnings).toEqual([]);
  });

  it('is the same after packing for functions and unpacking', () => {
    const config = configOf(
      fileWith(
        APPS,
        `${APPS.replace('{{basename}}-', 'other-{{basename}}-')}, path: "clusters/{{segment.1}}/apps/{{basename}}/deploy"`,
      ),
    );
    expect(unpackConfig(JSON.parse(JSON.stringify(packConfig(config))) as ReturnType<typeof packConfig>)).toEqual(
      config,
    );
  });

  it('is reported with all of its errors at once', () => {
    expect(
      errorsOf(
        fileWith(
          'name: "shop-{{ bsename }}", cluster: moon, path: "../{{basename}}", namespace: mail, namespaces: [shop, chat], dependsOn: [shop-lab], forEach: { directories: "clusters/**", clusters: [lab, prd], namespaces: [] }',
          APPS,
          APPS,
          'name: "{{basename}}", cluster: lab, namespace: shop',
          `name: apps, cluster: "{{segment.4}}", namespace: "{{basename}", ${FOR_EACH}`,
          `name: "Shop-{{basename}}", cluster: prod, namespace: mail, namespaces: ["*"], dependsOn: ["{{basename}}-{{cluster}}", shop-lab], ${FOR_EACH}`,
          'name: infra, cluster: lab, namespace: infra, foreach: {}',
        ),
      ),
    ).toEqual([
      'headgate.yml:9 dependsOn[0] of target number 1 is a generated target, which other targets cannot depend on | Use a target without forEach: {{basename}}, infra.',
      expect.stringMatching(
        /^headgate\.yml:9 forEach\.namespaces of target number 1 is empty \| List what the template may deploy to/,
      ),
      'headgate.yml:9 forEach.directories of target number 1 must not contain ** | Write one * for each level.',
      'headgate.yml:9 forEach.clusters[1] of target number 1 refers to unknown cluster prd | Did you mean prod?',
      'headgate.yml:9 name of target number 1 has an unknown placeholder | Did you mean {{basename}}?',
      expect.stringMatching(/^headgate\.yml:9 path of target number 1 must not contain \.\./),
      'headgate.yml:11 name of target {{basename}}-{{cluster}} is already used by another target | Give each target a unique name.',
      'headgate.yml:12 name of target {{basename}} has a placeholder, but the target has no forEach | Add forEach: { directories: "clusters/*/apps/*", clusters: [lab], namespaces: [shop] }.',
      'headgate.yml:13 namespace of target apps has braces that do not form a placeholder | Write it as "{{basename}}".',
      'headgate.yml:13 cluster of target apps has an unknown placeholder | Did you mean {{segment.0}}?',
      'headgate.yml:13 name of target apps has no placeholder, so every directory would get this name | Add placeholders that make it unique, such as "{{basename}}-{{cluster}}".',
      expect.stringMatching(/^headgate\.yml:14 namespaces\[0\] of target Shop-{{basename}} is not a valid namespace/),
      expect.stringMatching(/^headgate\.yml:14 dependsOn\[0\] of target Shop-{{basename}} is a generated target/),
      expect.stringMatching(/^headgate\.yml:14 dependsOn\[1\] of target Shop-{{basename}} is a generated target/),
      expect.stringMatching(/^headgate\.yml:14 name of target Shop-{{basename}} is not a valid target name, whatever/),
      'headgate.yml:14 namespace of target Shop-{{basename}} is not listed in forEach.namespaces | Add it to the list, or use one of shop, blog.',
      expect.stringMatching(/^headgate\.yml:14 namespaces\[0\] of target Shop-{{basename}} is not listed/),
      'headgate.yml:15 foreach of target infra is not a known key | Did you mean forEach?',
    ]);
  });

  it.each([
    ['clusters/*/apps/{a,b}', 'contains {, but the only wildcard is *'],
    ['clusters/lab', 'has no *, so it matches only one directory'],
    ['/clusters/*', 'begins with a slash'],
    ['clusters/../*', 'must not contain ..'],
  ])('is refused for directories: %s', (directories, message) => {
    expect(errorsOf(fileWith(APPS.replace('clusters/*/apps/*', directories)))).toContainEqual(
      expect.stringContaining(`forEach.directories of target {{basename}}-{{cluster}} ${message}`),
    );
  });

  it.each([
    ['forEach: clusters/*', ['forEach of target {{basename}} must be a map']],
    ['forEach:', ['forEach of target {{basename}} is empty']],
    [
      'forEach: {}',
      ['directories', 'clusters', 'namespaces'].map((key) => `forEach.${key} of target {{basename}} is missing`),
    ],
  ])('is refused for %s', (forEach, messages) => {
    const errors = errorsOf(fileWith(`name: "{{basename}}", cluster: lab, namespace: shop, ${forEach}`));
    expect(errors.map((error) => /:9 (.*) \|/.exec(error)?.[1])).toEqual(messages);
  });

  it('is warned about when its name is the same for different directories', () => {
    const warned = configOf(fileWith(APPS.replace('-{{cluster}}', ''))).warnings;
    expect(warned).toEqual([
      expect.stringContaining('is the same for directories that differ only in segment 1, and those are refused'),
    ]);
    const unique = configOf(
      fileWith(APPS.replace('"{{basename}}-{{cluster}}"', '"{{segment.1}}-{{basename}}"')),
    ).warnings;
    expect(unique).toEqual([]);
  });
});

describe('a generated target', () => {
  it('has the settings of its template and its own name, path, cluster and namespace', () => {
    const generated = expanded('clusters/lab/apps/shop', `${APPS}, adopt: true, inputs: [apps/base]`);
    expect(generated).toMatchObject({
      kind: 'target',
      target: {
        name: 'shop-lab',
        path: 'clusters/lab/apps/shop',
        cluster: { name: 'lab' },
        namespace: 'shop',
        namespaces: ['shop'],
        inputs: ['apps/base'],
        adopt: true,
        generatedFrom: { template: '{{basename}}-{{cluster}}', directory: 'clusters/lab/apps/shop' },
      },
    });
  });

  it.each([
    ['segments, counted from 0', '"{{segment.0}}-{{segment.1}}-{{segment.3}}"', 'clusters-lab-shop'],
    ['the last segment', '"{{basename}}"', 'shop'],
    ['placeholders with spaces', '"{{ basename }}-{{  cluster  }}"', 'shop-lab'],
  ])('gets its name from %s', (_what, name, filled) => {
    const template = templateOf(APPS.replace('"{{basename}}-{{cluster}}"', name));
    expect(fillTemplate(template, 'clusters/lab/apps/shop')?.name).toBe(filled);
  });

  it('gets its cluster from a placeholder, and {{cluster}} in other fields is the resolved cluster', () => {
    const template = templateOf(
      `name: "{{basename}}-{{cluster}}", cluster: "{{cluster}}", namespace: shop, path: "envs/{{segment.1}}/apps/{{basename}}/deploy", forEach: { directories: "envs/env-*/apps/*", clusters: [lab], namespaces: [shop] }`,
    );
    expect(fillTemplate(template, 'envs/env-lab/apps/shop')).toEqual({
      name: 'shop-lab',
      cluster: 'lab',
      namespace: 'shop',
      path: 'envs/env-lab/apps/shop/deploy',
    });
  });

  it.each([
    [
      'a cluster that is not listed',
      'clusters/dev/apps/shop',
      APPS,
      'cluster-not-allowed: clusters/dev/apps/shop resolves to cluster dev, which is not listed in forEach.clusters at headgate.yml:9 | Add the cluster to the list, or rename the directory. Listed: lab, prod.',
    ],
    [
      'a namespace that is not listed',
      'clusters/lab/apps/mail',
      APPS,
      'namespace-not-allowed: clusters/lab/apps/mail resolves to namespace mail, which is not listed in forEach.namespaces at headgate.yml:9 | Add the namespace to the list, or rename the directory. Listed: shop, blog.',
    ],
    [
      'a name that is too long',
      `clusters/lab/apps/${'a'.repeat(37)}`,
      APPS.replace('namespace: "{{basename}}"', 'namespace: shop'),
      `name-invalid: clusters/lab/apps/${'a'.repeat(37)} resolves to ${'a'.repeat(37)}-lab, which is not a valid target name | Rename the directory, or change name at headgate.yml:9: up to 40 lowercase letters, digits and dashes.`,
    ],
    [
      'a name in uppercase',
      'clusters/lab/apps/Shop',
      APPS.replace('namespace: "{{basename}}"', 'namespace: shop'),
      expect.stringMatching(/^name-invalid: clusters\/lab\/apps\/Shop resolves to Shop-lab, which is not a valid/),
    ],
    [
      'a path outside the directory',
      'clusters/lab/apps/shop',
      `${APPS}, path: "apps/{{basename}}"`,
      'path-not-allowed: clusters/lab/apps/shop resolves to path apps/shop, which is outside the directory | Fix path at headgate.yml:9, or remove it: the default is the directory itself.',
    ],
  ])('is refused with the reason when it resolves to %s', (_what, directory, template, refusal) => {
    expect(refusals(directory, template)).toEqual([refusal]);
  });

  it('is refused with every reason at once, without control characters', () => {
    const refused = refusals('clusters/dev/apps/ma\u202eil', APPS);
    expect(refused.map((line) => line.split(':')[0])).toEqual([
      'name-invalid',
      'cluster-not-allowed',
      'namespace-not-allowed',
      'path-not-allowed',
    ]);
    expect(refused.join('\n')).not.toMatch(/\u202e/);
  });

  it('is refused when a target in headgate.yml has its name', () => {
    expect(refusals('clusters/lab/apps/shop', APPS, 'name: shop-lab, cluster: lab, namespace: shop')).toEqual([
      'name-taken: clusters/lab/apps/shop resolves to target name shop-lab, already used by a target in headgate.yml | Make name at headgate.yml:9 unique with a placeholder such as {{cluster}} or {{segment.1}}.',
    ]);
  });

  it('is refused by both templates when two of them claim its path', () => {
    const other = APPS.replace('"{{basename}}-{{cluster}}"', '"other-{{cluster}}"').replace('"{{basename}}"', 'shop');
    const whole = other.replace('clusters/*/apps/*', 'clusters/*') + ', path: "clusters/{{segment.1}}/apps/shop"';
    const { config } = templatesOf(APPS, whole);
    const [apps, clusters] = config.templates;
    if (apps === undefined || clusters === undefined) throw new Error('expected two templates');
    const both = [expand(apps, 'clusters/lab/apps/shop', config), expand(clusters, 'clusters/lab', config)];
    expect(both.map((one) => (one?.kind === 'refused' ? one.refused.problems : one))).toEqual([
      [
        {
          code: 'path-claimed',
          subject: 'clusters/lab/apps/shop',
          message:
            'is claimed by template {{basename}}-{{cluster}} (headgate.yml:9) and by template other-{{cluster}} (headgate.yml:10)',
          remedy: 'Change directories or path of one of them. Until then, neither deploys it.',
        },
      ],
      [expect.objectContaining({ code: 'path-claimed', subject: 'clusters/lab/apps/shop' })],
    ]);
    // Another path, another branch: no claim.
    expect(expand(apps, 'clusters/lab/apps/blog', config)?.kind).toBe('target');
    const [, onNext] = config.templates;
    if (onNext === undefined) throw new Error('expected two templates');
    const apart = { ...onNext, settings: { ...onNext.settings, ref: 'refs/heads/next' } };
    expect(expand(apps, 'clusters/lab/apps/shop', { targets: [], templates: [apps, apart] })?.kind).toBe('target');
  });

  it('is refused together with the other one when two directories resolve to the same name', () => {
    const { config, template } = templatesOf(APPS.replace('-{{cluster}}', ''));
    const found = ['clusters/lab/apps/shop', 'clusters/prod/apps/shop', 'clusters/lab/apps/blog'];
    const { targets, refused } = expandAll(
      found.map((directory) => ({ template, directory })),
      config,
    );
    expect(targets.map(({ name }) => name)).toEqual(['blog']);
    expect(refused.map(({ directory, problems }) => [directory, problems.map(({ message }) => message)])).toEqual([
      ['clusters/lab/apps/shop', ['resolves to target name shop, already used by clusters/prod/apps/shop']],
      ['clusters/prod/apps/shop', ['resolves to target name shop, already used by clusters/lab/apps/shop']],
    ]);
  });
});

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*'), minLength: 1, maxLength: 6 });
const segment = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 5 });

describe('the directories of a template', () => {
  it('are matched as a shell matches file names', () => {
    fc.assert(
      fc.property(name, name, (pattern, text) => {
        const source = pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*');
        const isHidden = text.startsWith('.') && !pattern.startsWith('.');
        const isMatch = new RegExp(`^${source}$`).test(text) && !isHidden;
        expect(matchName(pattern, text) !== null).toBe(isMatch);
      }),
      SEED,
    );
  });

  it('yield what the first * matched', () => {
    fc.assert(
      fc.property(segment, segment, segment, (before, star, after) => {
        expect(matchDirectory(`c/${before}*/${after}`, `c/${before}${star}/${after}`)).toBe(star);
      }),
      SEED,
    );
    expect(matchDirectory('a/*-*/b*', 'a/x-y-z/bc')).toBe('x');
  });

  it('are found for a file that changed below them, and for no other', () => {
    const template = templateOf(APPS);
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 3 }), segment, segment, (below, cluster, app) => {
        const directory = `clusters/${cluster}/apps/${app}`;
        expect(directoryOf(template, `${directory}/${below.join('/')}`)).toBe(directory);
        expect(directoryOf(template, directory)).toBeNull();
        expect(directoryOf(template, `cluster/${cluster}/apps/${app}/${below.join('/')}`)).toBeNull();
      }),
      SEED,
    );
  });

  it('resolve to a target within the lists or to a refusal, whatever their names', () => {
    const { config, template } = templatesOf(APPS);
    const app = fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(app, fc.constantFrom('lab', 'prod', 'x'), (basename, cluster) => {
        expect(flawOf(expand(template, `clusters/${cluster}/apps/${basename}`, config))).toBeNull();
      }),
      SEED,
    );
  });
});

/** What is wrong with the result for a directory; null when nothing is. */
function flawOf(result: Expanded | null): unknown {
  if (result === null) return null;
  if (result.kind === 'refused') {
    const { name: shown, problems } = result.refused;
    return problems.length > 0 && /^[!-~]{1,100}$/.test(shown) ? null : result;
  }
  const { name: own, cluster, namespace } = result.target;
  const isListed = ['lab', 'prod'].includes(cluster.name) && ['shop', 'blog'].includes(namespace);
  return isListed && /^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/.test(own) ? null : result;
}
