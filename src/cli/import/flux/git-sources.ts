import { asHttps, hostOfUrl, repositoryName } from '../../init/names.ts';
import { mapsAt, nameOf, referencedBy, textAt } from '../foreign-object.ts';
import type { ForeignObject } from '../foreign-object.ts';
import type { ForeignInstallation, ImportedRepository } from '../imported.ts';
import { remark } from '../remarks.ts';
import type { Remark } from '../remarks.ts';

/** A GitRepository as a repository of headgate.yml, and the branch that its targets follow. */
export interface GitSource {
  readonly repository: ImportedRepository;
  /** Null: it follows a tag or a commit. */
  readonly branch: string | null;
}

/** The type of a Receiver, where it is the name of a host of Headgate. */
const RECEIVER_HOSTS: Readonly<Record<string, string>> = {
  github: 'github',
  gitlab: 'gitlab',
  bitbucket: 'bitbucket-server',
};

export function gitSources({ objects }: Pick<ForeignInstallation, 'objects'>): {
  /** By `GitRepository namespace/name`. */
  readonly sources: ReadonlyMap<string, GitSource>;
  readonly remarks: readonly Remark[];
} {
  const sources = new Map<string, GitSource>();
  const remarks: Remark[] = [];
  for (const object of objects.filter(({ kind }) => kind === 'GitRepository')) {
    const url = asHttps(textAt(object.spec, 'url') ?? '');
    if (!/^https?:\/\//.test(url)) {
      remarks.push(
        remark(object, 'spec.url', {
          kind: 'untranslated',
          message: 'Headgate reads Git over https. Set the https URL of the repository.',
        }),
      );
      continue;
    }
    const known = [...sources.values()].find(({ repository }) => repository.url === url)?.repository;
    const taken = new Set([...sources.values()].map(({ repository }) => repository.name));
    const short = repositoryName(url);
    const name = taken.has(short) ? `${object.namespace}-${object.name}` : short;
    const host = hostOfReceiver(object, objects) ?? hostOfUrl(url);
    const refs = ['tag', 'semver', 'name', 'commit'].some((key) => textAt(object.spec, `ref.${key}`) !== null);
    sources.set(nameOf(object), {
      repository: known ?? { name, host, url },
      branch: textAt(object.spec, 'ref.branch') ?? (refs ? null : 'master'),
    });
  }
  return { sources, remarks };
}

function hostOfReceiver(source: ForeignObject, objects: readonly ForeignObject[]): string | null {
  const receivers = objects.filter(
    ({ kind, spec, namespace }) =>
      kind === 'Receiver' &&
      mapsAt(spec, 'resources').some(
        (resource) => referencedBy(resource, [source], { kind: 'GitRepository', namespace }) !== null,
      ),
  );
  return (
    receivers.map(({ spec }) => RECEIVER_HOSTS[textAt(spec, 'type') ?? ''] ?? null).find((host) => host !== null) ??
    null
  );
}
