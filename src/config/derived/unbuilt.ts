import type { Problem } from '../../error/deploy-error.ts';
import type { Config } from '../checked/config.ts';

/** What `headgate serve` does and another platform may not do yet. */
export type UnbuiltKey = 'images' | 'promotions' | 'notify' | 'pullRequests' | 'previews' | 'record';

/**
 * Keys of headgate.yml that a platform would ignore silently. `does`: the platform and its verb, `the functions on AWS do
 * not`.
 */
export function unbuiltKeys(config: Config, does: string, keys: readonly UnbuiltKey[]): readonly Problem[] {
  return keys.flatMap((key) => {
    const { what, instead, subjects } = KEYS[key];
    return subjects(config).map((subject): Problem => ({
      code: 'config-invalid',
      subject,
      message: `${does} ${what} yet`,
      remedy: instead,
    }));
  });
}

interface Key {
  /** `write new images` */
  readonly what: string;
  readonly instead: string;
  /** Where the key is used. */
  readonly subjects: (config: Config) => readonly string[];
}

const INSTEAD = 'Remove it, or run headgate serve instead.';

const KEYS: Readonly<Record<UnbuiltKey, Key>> = {
  images: {
    what: 'write new images',
    instead: 'Remove images from this headgate.yml, and run headgate serve with one that has them.',
    subjects: ({ images }) => [...images.keys()].map((name) => `image ${name}`),
  },
  promotions: {
    what: 'promote versions',
    instead: 'Remove promotions from this headgate.yml, and run headgate serve with one that has them.',
    subjects: ({ promotions }) => [...promotions.keys()].map((name) => `promotion ${name}`),
  },
  notify: {
    what: 'send messages',
    instead: 'Remove notify from it and from its repository, or deploy this target with headgate serve.',
    subjects: (config) => settingsIn(config, ({ notify }) => notify.length > 0),
  },
  pullRequests: {
    what: 'plan pull requests',
    instead: INSTEAD,
    subjects: ({ repositories }) =>
      [...repositories.values()]
        .filter(({ pullRequests }) => pullRequests.plan)
        .map(({ name }) => `pullRequests.plan of repository ${name}`),
  },
  previews: {
    what: 'deploy previews of pull requests',
    instead: INSTEAD,
    subjects: ({ previews }) => previews.map(({ name }) => `preview ${name}`),
  },
  record: {
    what: 'write refs to Git',
    instead: 'Set record: none, or run headgate serve instead.',
    subjects: ({ repositories }) =>
      [...repositories.values()]
        .filter(({ record }) => record === 'refs')
        .map(({ name }) => `record of repository ${name}`),
  },
};

type Settings = Config['templates'][number]['settings'] | Config['targets'][number];

function settingsIn({ targets, templates }: Config, uses: (settings: Settings) => boolean): readonly string[] {
  return [
    ...targets.filter(uses).map(({ name }) => `target ${name}`),
    ...templates.filter(({ settings }) => uses(settings)).map(({ name }) => `template ${name}`),
  ];
}
