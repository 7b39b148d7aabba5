import type { ForeignObject } from '../foreign-object.ts';
import { withoutDangling } from '../complete.ts';
import type { ForeignInstallation, Imported } from '../imported.ts';
import { targetNames } from '../names.ts';
import { remark, remarksOnFields } from '../remarks.ts';
import type { FieldRules, Remark } from '../remarks.ts';
import { gitSources } from './git-sources.ts';
import { importHelmRelease } from './helm-releases.ts';
import { importKustomization, partsOf } from './kustomizations.ts';
import { GIT_REPOSITORY, HELM_REPOSITORY, OCI_REPOSITORY, OTHER_KINDS, RECEIVER } from './rules.ts';

export const isOfFlux = ({ group }: Pick<ForeignObject, 'group'>) => group.endsWith('.toolkit.fluxcd.io');

const SOURCE_RULES: Readonly<Record<string, FieldRules>> = {
  GitRepository: GIT_REPOSITORY,
  HelmRepository: HELM_REPOSITORY,
  OCIRepository: OCI_REPOSITORY,
  Receiver: RECEIVER,
};

/** Turns the objects of Flux into the entries of headgate.yml, with a remark on each field that has no equivalent. */
export function translateFlux(installation: ForeignInstallation): Imported {
  const objects = installation.objects.filter(isOfFlux);
  const { sources, remarks } = gitSources({ objects });
  const context = { installation, sources, nameFor: targetNames() };
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const parts = ofKind('Kustomization').map((object) => partsOf(object, context));
  const kustomizations = parts.map((each) => importKustomization(each, parts, context));
  const releases = ofKind('HelmRelease').map((object) => importHelmRelease(object, parts, context));
  const targets = [...kustomizations.flatMap((each) => each.targets), ...releases.map(({ target }) => target)];
  const used = new Set(targets.map(({ settings }) => settings['repository']));
  const repositories = new Map([...sources.values()].map(({ repository }) => [repository.name, repository]));
  return withoutDangling({
    otherContexts: [],
    repositories: [...repositories.values()].filter(({ name }) => used.has(name)),
    targets,
    remarks: [
      ...remarks,
      ...objects.flatMap((object) => remarksOnSource(object)),
      ...kustomizations.flatMap((each) => each.remarks),
      ...releases.flatMap((each) => each.remarks),
    ],
  });
}

function remarksOnSource(object: ForeignObject): readonly Remark[] {
  const rules = SOURCE_RULES[object.kind];
  if (rules !== undefined) return remarksOnFields(object, rules);
  if (object.kind === 'Kustomization' || object.kind === 'HelmRelease') return [];
  const message = OTHER_KINDS[object.kind] ?? `headgate import does not know the kind ${object.kind}.`;
  return [remark(object, 'kind', { kind: 'untranslated', message })];
}
