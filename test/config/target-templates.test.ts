import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expanded } from '../../src/config/templates/expand.ts';
import { expand, expandAll } from '../../src/config/templates/expand.ts';
import { matchDirectory, matchName } from '../../src/config/written/directory-glob.ts';
import { directoryOf, fillTemplate } from '../../src/config/templates/for-each.ts';
import { packConfig, unpackConfig } from '../../src/config/checked/packed.ts';
import { configOf, mistakesOf } from './builders.ts';
import { APPS, fileWith, FOR_EACH, templateOf, templatesOf } from './target-templates.ts';

const SEED = { seed: 6, numRuns: 500 };

function expanded(directory: string, ...targets: readonly string[]): Expanded | null {
  const { config, template } = templatesOf(...targets);
  return expand(template, directory, config);
}

/** `code: subject message | remedy` of what stands against a directory. */
function refusals(directory: string, ...targets: readonly string[]): readonly string[] {
  const one = expanded(directory, ...targets);
  if (one?.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(one)}`);
  return one.refused.problems.map(({ code, subject, message, remedy }) => `${code}: ${subject} ${message} | ${remedy}`);
}

describe('a template of headgate.yml', () => {
  it('is no target, and says where it stands', () => {
    const { config, template } = templatesOf('name: infra, cluster: lab, namespace: infra', APPS);
    expect(config.targets.map(({ name, generatedFrom: from }) => ({ name, from }))).toEqual([
      { name: 'infra', from: null },
    ]);
    expect(template).toMatchObject({
      name: '{{basename}}-{{cluster}}',
      place: 'headgate.yml:10',
      forEach: { directories: 'clusters/*/apps/*', clusters: [{ name: 'lab' }, { name: 'prod' }] },
      templates: { path: null, cluster: '{{cluster}}', namespace: '{{basename}}' },
      namespaces: null,
      settings: { ref: 'refs/heads/main', waitMs: 300_000 },
    });
    expect(config.warnings).toEqual([]);
  });

  it('survives being packed for functions, with its clusters and its repository', () => {
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

  it('names every mistake with file, line and remedy, all at once', () => {
    expect(
      mistakesOf(
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
      'headgate.yml:9 dependsOn[0] of target number 1 is a target that a template generates, and nobody can wait for these | Name a target that stands in the file itself: {{basename}}, infra.',
      expect.stringMatching(
        /^headgate\.yml:9 forEach\.namespaces of target number 1 is empty \| List what the template may use/,
      ),
      'headgate.yml:9 forEach.directories of target number 1 has **, and a template says how deep it looks | Write one * for each level.',
      'headgate.yml:9 forEach.clusters[1] of target number 1 is prd, and there is no such cluster | Did you mean prod?',
      'headgate.yml:9 name of target number 1 has a template that is not known | Did you mean {{basename}}?',
      expect.stringMatching(/^headgate\.yml:9 path of target number 1 has \.\. in it/),
      'headgate.yml:11 name of target {{basename}}-{{cluster}} is taken by another target | Give each target a name of its own.',
      'headgate.yml:12 name of target {{basename}} has a template, and the target no forEach | Add forEach: { directories: "clusters/*/apps/*", clusters: [lab], namespaces: [shop] }.',
      'headgate.yml:13 namespace of target apps has braces that make no template | Write it as "{{basename}}".',
      'headgate.yml:13 cluster of target apps has a template that is not known | Did you mean {{segment.0}}?',
      'headgate.yml:13 name of target apps has no template, and all directories would come to it | Put into it what tells them apart, such as "{{basename}}-{{cluster}}".',
      expect.stringMatching(/^headgate\.yml:14 namespaces\[0\] of target Shop-{{basename}} is no name of a namespace/),
      expect.stringMatching(
        /^headgate\.yml:14 dependsOn\[0\] of target Shop-{{basename}} is a target that a template generates/,
      ),
      expect.stringMatching(
        /^headgate\.yml:14 dependsOn\[1\] of target Shop-{{basename}} is a target that a template generates/,
      ),
      expect.stringMatching(/^headgate\.yml:14 name of target Shop-{{basename}} is no name of a target, whatever/),
      'headgate.yml:14 namespace of target Shop-{{basename}} is not listed in forEach.namespaces | Add it there, or write one that is: shop, blog.',
      expect.stringMatching(/^headgate\.yml:14 namespaces\[0\] of target Shop-{{basename}} is not listed/),
      'headgate.yml:15 foreach of target infra is not a known key | Did you mean forEach?',
    ]);
  });

  it.each([
    ['clusters/*/apps/{a,b}', 'has {, and the only wildcard is *'],
    ['clusters/lab', 'has no *: it is one directory'],
    ['/clusters/*', 'begins with a slash'],
    ['clusters/../*', 'has .. in it'],
  ])('refuses directories: %s', (directories, message) => {
    expect(mistakesOf(fileWith(APPS.replace('clusters/*/apps/*', directories)))).toContainEqual(
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
  ])('refuses %s', (forEach, messages) => {
    const mistakes = mistakesOf(fileWith(`name: "{{basename}}", cluster: lab, namespace: shop, ${forEach}`));
    expect(mistakes.map((mistake) => /:9 (.*) \|/.exec(mistake)?.[1])).toEqual(messages);
  });

  it('warns of a name that looks the same for directories that differ', () => {
    const warned = configOf(fileWith(APPS.replace('-{{cluster}}', ''))).warnings;
    expect(warned).toEqual([expect.stringContaining('does not tell directories apart that differ in segment 1 alone')]);
    const told = configOf(
      fileWith(APPS.replace('"{{basename}}-{{cluster}}"', '"{{segment.1}}-{{basename}}"')),
    ).warnings;
    expect(told).toEqual([]);
  });
});

describe('a target of a template', () => {
  it('has the settings of the template, and its own name, path, cluster and namespace', () => {
    const made = expanded('clusters/lab/apps/shop', `${APPS}, adopt: true, inputs: [apps/base]`);
    expect(made).toMatchObject({
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
    ['segments counted from 0', '"{{segment.0}}-{{segment.1}}-{{segment.3}}"', 'clusters-lab-shop'],
    ['the last segment', '"{{basename}}"', 'shop'],
    ['spaces inside of the braces', '"{{ basename }}-{{  cluster  }}"', 'shop-lab'],
  ])('is named by %s', (_what, name, filled) => {
    const template = templateOf(APPS.replace('"{{basename}}-{{cluster}}"', name));
    expect(fillTemplate(template, 'clusters/lab/apps/shop')?.name).toBe(filled);
  });

  it('takes its cluster from a template, and {{cluster}} elsewhere is what that comes to', () => {
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
      'cluster-not-allowed: clusters/dev/apps/shop comes to cluster dev, which forEach.clusters at headgate.yml:9 does not list | Add it there if that is meant, or rename the directory. Listed: lab, prod.',
    ],
    [
      'a namespace that is not listed',
      'clusters/lab/apps/mail',
      APPS,
      'namespace-not-allowed: clusters/lab/apps/mail comes to namespace mail, which forEach.namespaces at headgate.yml:9 does not list | Add it there if that is meant, or rename the directory. Listed: shop, blog.',
    ],
    [
      'a name that is too long',
      `clusters/lab/apps/${'a'.repeat(37)}`,
      APPS.replace('namespace: "{{basename}}"', 'namespace: shop'),
      `name-invalid: clusters/lab/apps/${'a'.repeat(37)} comes to the name ${'a'.repeat(37)}-lab, which is no name of a target | Use up to 40 lower-case letters, digits and dashes: rename the directory, or mend name at headgate.yml:9.`,
    ],
    [
      'a name in upper case',
      'clusters/lab/apps/Shop',
      APPS.replace('namespace: "{{basename}}"', 'namespace: shop'),
      expect.stringMatching(/^name-invalid: clusters\/lab\/apps\/Shop comes to the name Shop-lab/),
    ],
    [
      'a path that is not below the directory',
      'clusters/lab/apps/shop',
      `${APPS}, path: "apps/{{basename}}"`,
      'path-not-allowed: clusters/lab/apps/shop comes to the path apps/shop, which is not below it | Mend path at headgate.yml:9, or remove it: it is the directory then.',
    ],
  ])('is refused and named when it comes to %s', (_what, directory, template, refusal) => {
    expect(refusals(directory, template)).toEqual([refusal]);
  });

  it('is told everything that stands against it at once, without characters that change how a line reads', () => {
    const told = refusals('clusters/dev/apps/ma\u202eil', APPS);
    expect(told.map((line) => line.split(':')[0])).toEqual([
      'name-invalid',
      'cluster-not-allowed',
      'namespace-not-allowed',
      'path-not-allowed',
    ]);
    expect(told.join('\n')).not.toMatch(/\u202e/);
  });

  it('is refused when a target of the file has its name', () => {
    expect(refusals('clusters/lab/apps/shop', APPS, 'name: shop-lab, cluster: lab, namespace: shop')).toEqual([
      'name-taken: clusters/lab/apps/shop comes to the name shop-lab, as a target of headgate.yml does | Put into name at headgate.yml:9 what tells them apart, such as {{cluster}} or {{segment.1}}.',
    ]);
  });

  it('is refused when another template claims its path, by both templates, which are named', () => {
    const other = APPS.replace('"{{basename}}-{{cluster}}"', '"other-{{cluster}}"').replace('"{{basename}}"', 'shop');
    const whole = other.replace('clusters/*/apps/*', 'clusters/*') + ', path: "clusters/{{segment.1}}/apps/shop"';
    const { config } = templatesOf(APPS, whole);
    const [apps, clusters] = config.templates;
    if (apps === undefined || clusters === undefined) throw new Error('two templates are meant');
    const both = [expand(apps, 'clusters/lab/apps/shop', config), expand(clusters, 'clusters/lab', config)];
    expect(both.map((one) => (one?.kind === 'refused' ? one.refused.problems : one))).toEqual([
      [
        {
          code: 'path-claimed',
          subject: 'clusters/lab/apps/shop',
          message:
            'is claimed by template {{basename}}-{{cluster}} (headgate.yml:9) and by template other-{{cluster}} (headgate.yml:10)',
          remedy: 'Change directories or path of one of them: nothing is deployed from it by either.',
        },
      ],
      [expect.objectContaining({ code: 'path-claimed', subject: 'clusters/lab/apps/shop' })],
    ]);
    // Another path, another branch: no claim.
    expect(expand(apps, 'clusters/lab/apps/blog', config)?.kind).toBe('target');
    const [, onNext] = config.templates;
    if (onNext === undefined) throw new Error('two templates are meant');
    const apart = { ...onNext, settings: { ...onNext.settings, ref: 'refs/heads/next' } };
    expect(expand(apps, 'clusters/lab/apps/shop', { targets: [], templates: [apps, apart] })?.kind).toBe('target');
  });

  it('is refused with its twin when two directories come to one name', () => {
    const { config, template } = templatesOf(APPS.replace('-{{cluster}}', ''));
    const found = ['clusters/lab/apps/shop', 'clusters/prod/apps/shop', 'clusters/lab/apps/blog'];
    const { targets, refused } = expandAll(
      found.map((directory) => ({ template, directory })),
      config,
    );
    expect(targets.map(({ name }) => name)).toEqual(['blog']);
    expect(refused.map(({ directory, problems }) => [directory, problems.map(({ message }) => message)])).toEqual([
      ['clusters/lab/apps/shop', ['comes to the name shop, as clusters/prod/apps/shop does']],
      ['clusters/prod/apps/shop', ['comes to the name shop, as clusters/lab/apps/shop does']],
    ]);
  });
});

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*'), minLength: 1, maxLength: 6 });
const segment = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 5 });

describe('the directories of a template', () => {
  it('are matched as a shell matches names', () => {
    fc.assert(
      fc.property(name, name, (pattern, text) => {
        const inWords = pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*');
        const isHidden = text.startsWith('.') && !pattern.startsWith('.');
        const isMeant = new RegExp(`^${inWords}$`).test(text) && !isHidden;
        expect(matchName(pattern, text) !== null).toBe(isMeant);
      }),
      SEED,
    );
  });

  it('say what the first * stands for', () => {
    fc.assert(
      fc.property(segment, segment, segment, (before, star, after) => {
        expect(matchDirectory(`c/${before}*/${after}`, `c/${before}${star}/${after}`)).toBe(star);
      }),
      SEED,
    );
    expect(matchDirectory('a/*-*/b*', 'a/x-y-z/bc')).toBe('x');
  });

  it('are found above whatever changed below them, and only there', () => {
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

  it('come to a target of the lists or to a refusal, whatever a tree calls them', () => {
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

/** What is wrong with what was made of a directory; null when nothing is. */
function flawOf(made: Expanded | null): unknown {
  if (made === null) return null;
  if (made.kind === 'refused') {
    const { name: shown, problems } = made.refused;
    return problems.length > 0 && /^[!-~]{1,100}$/.test(shown) ? null : made;
  }
  const { name: own, cluster, namespace } = made.target;
  const isListed = ['lab', 'prod'].includes(cluster.name) && ['shop', 'blog'].includes(namespace);
  return isListed && /^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/.test(own) ? null : made;
}
