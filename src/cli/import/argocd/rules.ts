import { changesManifests, note, unless, untranslated } from '../remarks.ts';
import type { FieldRules, FieldRule } from '../remarks.ts';

const IN_KUSTOMIZATION = changesManifests('Move it to the kustomization file: Headgate applies what Git has.');
const IN_VALUES = changesManifests('Write it into a values file, and list that in helm.values.');
const SUM = note('Headgate renders a chart for the version and the APIs of the cluster.');

function sourceRules(path: string): FieldRules {
  return {
    [`${path}.repoURL`]: null,
    [`${path}.path`]: null,
    [`${path}.targetRevision`]: null,
    [`${path}.chart`]: null,
    [`${path}.ref`]: null,
    [`${path}.name`]: note('It is only a name.'),
    [`${path}.directory.recurse`]: null,
    [`${path}.directory.exclude`]: null,
    [`${path}.directory.include`]: changesManifests('Headgate reads all manifests. List the other files in exclude.'),
    [`${path}.directory.jsonnet`]: changesManifests('Headgate does not render Jsonnet. Commit its output.'),
    [`${path}.plugin`]: changesManifests('Headgate runs no plugins. Commit their output, or use kustomize or Helm.'),
    [`${path}.kustomize.version`]: note('Headgate has one version of kustomize.'),
    [`${path}.kustomize.kubeVersion`]: SUM,
    [`${path}.kustomize.apiVersions`]: SUM,
    [`${path}.kustomize`]: (value) => (isEmpty(value) ? null : IN_KUSTOMIZATION),
    [`${path}.helm.valueFiles`]: null,
    [`${path}.helm.values`]: null,
    [`${path}.helm.valuesObject`]: null,
    [`${path}.helm.parameters`]: null,
    [`${path}.helm.releaseName`]: null,
    [`${path}.helm.fileParameters`]: IN_VALUES,
    [`${path}.helm.namespace`]: changesManifests('Headgate renders a chart for the namespace of the target. Set that.'),
    [`${path}.helm.ignoreMissingValueFiles`]: unless(false, untranslated('A missing values file is refused.')),
    [`${path}.helm.skipCrds`]: unless(false, changesManifests('Headgate always applies the definitions of a chart.')),
    [`${path}.helm.skipTests`]: note('Headgate leaves the test hooks of a chart out.'),
    [`${path}.helm.skipSchemaValidation`]: unless(
      false,
      untranslated('Helm validates values against the chart’s schema.'),
    ),
    [`${path}.helm.passCredentials`]: unless(false, untranslated('Headgate has no logins to chart repositories yet.')),
    [`${path}.helm.version`]: note('Headgate has one version of Helm.'),
    [`${path}.helm.kubeVersion`]: SUM,
    [`${path}.helm.apiVersions`]: SUM,
  };
}

export const APPLICATION: FieldRules = {
  ...sourceRules('spec.source'),
  ...sourceRules('spec.sources[]'),
  'spec.sourceHydrator': changesManifests('Headgate renders by itself. Set the path of the sources.'),
  'spec.destination': null,
  'spec.project': null,
  'spec.syncPolicy.automated.prune': null,
  'spec.syncPolicy.automated.selfHeal': null,
  'spec.syncPolicy.automated.allowEmpty': null,
  'spec.syncPolicy.automated.enabled': null,
  'spec.syncPolicy.automated': null,
  'spec.syncPolicy.syncOptions': null,
  'spec.syncPolicy.retry': note('Headgate retries with growing pauses, and at once when a newer push arrives.'),
  'spec.syncPolicy.managedNamespaceMetadata': untranslated('Add the Namespace with its labels to Git.'),
  'spec.ignoreDifferences': null,
  'spec.info': note('It is only shown.'),
  'spec.revisionHistoryLimit': note('headgate history TARGET shows what was deployed.'),
};

export const APP_PROJECT: FieldRules = {
  'spec.description': note('It is only shown.'),
  'spec.destinations': note('A target lists its own namespaces and cluster.'),
  'spec.sourceRepos': note('A target has exactly one repository, which headgate.yml names.'),
  'spec.sourceNamespaces': note('A pushed tree cannot define targets.'),
  'spec.clusterResourceWhitelist': note('A target has cluster-scoped objects only with clusterScoped: true.'),
  'spec.clusterResourceBlacklist': untranslated('Limit the kinds by the RBAC of the target’s service account.'),
  'spec.namespaceResourceWhitelist': untranslated('Limit the kinds by the RBAC of the target’s service account.'),
  'spec.namespaceResourceBlacklist': untranslated('Limit the kinds by the RBAC of the target’s service account.'),
  'spec.destinationServiceAccounts': untranslated('Set serviceAccount on the targets.'),
  'spec.roles': untranslated('Headgate has no users: anyone who can push to Git can deploy.'),
  'spec.syncWindows': untranslated('Sync windows are not imported.'),
  'spec.signatureKeys': untranslated(
    'Headgate does not verify signatures of commits. Protect the branch on the Git host.',
  ),
  'spec.sourceIntegrity': untranslated(
    'Headgate does not verify signatures of commits. Protect the branch on the Git host.',
  ),
  'spec.orphanedResources': note('Headgate never touches an object that it does not own.'),
  'spec.permitOnlyProjectScopedClusters': note('A target names its cluster.'),
};

export const APPLICATION_SET: FieldRules = {
  'spec.generators': null,
  'spec.template': null,
  'spec.goTemplate': null,
  'spec.goTemplateOptions': null,
  'spec.syncPolicy': note('Headgate deletes nothing when a directory disappears: headgate uninstall TARGET does.'),
  'spec.preservedFields': note('Headgate writes no Applications.'),
  'spec.ignoreApplicationDifferences': note('Headgate writes no Applications.'),
  'spec.applyNestedSelectors': note('It is for generators that are not imported.'),
  'spec.strategy': untranslated('Order the targets by dependsOn, or objects by headgate.dev/wave.'),
  'spec.templatePatch': changesManifests('Write a target for each Application that the patch changes.'),
};

const SAME = null;
const VALIDATION = untranslated('The API server validates every object before a push is deployed.');

/** By the option, then its value. What a value that is not listed means is the default. */
export const SYNC_OPTIONS: Readonly<Record<string, Readonly<Record<string, FieldRule>>>> = {
  CreateNamespace: { true: SAME, false: SAME },
  Prune: {
    true: SAME,
    false: SAME,
    confirm: untranslated('Set prune.enabled: false, or prune.limit to a small number.'),
  },
  ServerSideApply: { true: SAME, false: note('Headgate always applies on the server.') },
  ClientSideApplyMigration: { true: SAME, false: SAME },
  ApplyOutOfSyncOnly: { true: SAME, false: SAME },
  PruneLast: { true: SAME, false: note('Headgate always prunes last.') },
  RespectIgnoreDifferences: { true: SAME, false: note('Headgate never writes an ignored field.') },
  SkipDryRunOnMissingResource: { true: SAME, false: SAME },
  FailOnSharedResource: { true: SAME, false: note('An object that another target owns is always refused.') },
  Validate: { true: SAME, false: VALIDATION },
  Replace: {
    true: untranslated('Annotate the objects that may be replaced with headgate.dev/replace: immutable.'),
    false: SAME,
  },
  Force: {
    true: untranslated('Annotate the objects that may be replaced with headgate.dev/replace: immutable.'),
    false: SAME,
  },
  Delete: {
    true: SAME,
    false: note('Removing a target deletes nothing.'),
    confirm: note('Removing a target deletes nothing.'),
  },
  PrunePropagationPolicy: {
    foreground: note('Headgate deletes in the background.'),
    background: SAME,
    orphan: untranslated('Annotate the objects with headgate.dev/prune: "false".'),
  },
};

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
