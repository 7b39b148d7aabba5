import type { ForeignObject } from '../foreign-object.ts';
import { withoutDangling } from '../complete.ts';
import type { ForeignInstallation, Imported } from '../imported.ts';
import { targetNames } from '../names.ts';
import { remark, remarksOnFields } from '../remarks.ts';
import type { Remark } from '../remarks.ts';
import { importApplicationSet, isChildOf } from './application-sets.ts';
import { importApplication } from './applications.ts';
import type { ArgoContext } from './applications.ts';
import { APP_PROJECT } from './rules.ts';

export const isOfArgo = ({ group }: Pick<ForeignObject, 'group'>) => group === 'argoproj.io';

/** Turns the objects of Argo CD into the entries of headgate.yml, with a remark on each field that has no equivalent. */
export function translateArgo(installation: ForeignInstallation): Imported {
  const objects = installation.objects.filter(isOfArgo);
  const context: ArgoContext = {
    installation,
    nameFor: targetNames(),
    repositories: new Map(),
    otherContexts: new Set(),
  };
  const sets = objects.filter(({ kind }) => kind === 'ApplicationSet');
  const importedSets = sets.map((set) => ({ set, ...importApplicationSet(set, context) }));
  const templates = importedSets.flatMap(({ set, isTemplate }) => (isTemplate ? [set] : []));
  const applications = objects
    .filter((object) => object.kind === 'Application' && !templates.some((set) => isChildOf(object, set)))
    .map((object) => importApplication(object, context));
  const imported = [...importedSets.flatMap((each) => each.imported), ...applications];
  const targets = imported.flatMap(({ target }) => (target === null ? [] : [target]));
  const used = new Set(targets.map(({ settings }) => settings['repository']));
  return withoutDangling({
    otherContexts: [...context.otherContexts],
    repositories: [...context.repositories.values()].filter(({ name }) => used.has(name)),
    targets,
    remarks: [
      ...objects.flatMap((object) => remarksOnKind(object)),
      ...importedSets.flatMap(({ remarks }) => remarks),
      ...imported.flatMap(({ remarks }) => remarks),
    ],
  });
}

function remarksOnKind(object: ForeignObject): readonly Remark[] {
  if (object.kind === 'AppProject') return remarksOnFields(object, APP_PROJECT);
  if (object.kind === 'Application' || object.kind === 'ApplicationSet') return [];
  const message = `${object.kind} is not an object of Argo CD that deploys manifests.`;
  return [remark(object, 'kind', { kind: 'untranslated', message })];
}
