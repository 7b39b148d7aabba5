import { parseDuration } from '../../../config/written/duration.ts';
import { changesManifests, note, unless, untranslated } from '../remarks.ts';
import type { FieldRules, FieldRule } from '../remarks.ts';

const PUSHES = note('Headgate deploys a push when it arrives, and sweeps every minute (serve --sweep-interval).');
const RETRIES = note('Headgate retries with growing pauses, and at once when a newer push arrives.');
const IN_KUSTOMIZATION = changesManifests('Move it to the kustomization file: Headgate applies what Git has.');
const KUBECONFIG = untranslated('Add that cluster to clusters, and set it as the cluster of the target.');
const CREDENTIALS = note('Export the token that credentials of the repository names: a Secret of Flux is not read.');

const TIMEOUT = (value: unknown): FieldRule =>
  typeof value === 'string' && parseDuration(value) !== null
    ? null
    : untranslated('Set wait to hours, minutes and seconds, such as 1h30m.');

export const GIT_REPOSITORY: FieldRules = {
  'spec.url': null,
  'spec.ref.branch': null,
  'spec.ref.tag': untranslated('A target follows a branch. Create a branch at that tag, and set it as branch.'),
  'spec.ref.semver': untranslated('A target follows a branch. Merge releases into a branch, and set it as branch.'),
  'spec.ref.name': untranslated('A target follows a branch. Set it as branch.'),
  'spec.ref.commit': untranslated('A target follows a branch. Pin it with headgate hold TARGET --at COMMIT.'),
  'spec.interval': PUSHES,
  'spec.timeout': note('Headgate has its own deadlines for Git.'),
  'spec.secretRef': CREDENTIALS,
  'spec.provider': unless('generic', CREDENTIALS),
  'spec.serviceAccountName': CREDENTIALS,
  'spec.verify': untranslated('Headgate does not verify signatures of commits. Protect the branch on the Git host.'),
  'spec.proxySecretRef': untranslated('Headgate reads Git without a proxy.'),
  'spec.ignore': changesManifests('Set exclude of the targets instead, relative to their path.'),
  'spec.suspend': unless(false, untranslated('Set suspend on the targets of the repository.')),
  'spec.recurseSubmodules': unless(false, changesManifests('Headgate does not read submodules.')),
  'spec.include': changesManifests('Headgate reads one repository for each target.'),
  'spec.sparseCheckout': note('Headgate reads only the files that changed.'),
};

export const KUSTOMIZATION: FieldRules = {
  'spec.path': null,
  'spec.sourceRef': null,
  'spec.prune': null,
  'spec.targetNamespace': null,
  'spec.suspend': null,
  'spec.timeout': TIMEOUT,
  'spec.serviceAccountName': null,
  'spec.postBuild.substitute': null,
  'spec.postBuild.substituteFrom': null,
  'spec.decryption': null,
  'spec.dependsOn': null,
  'spec.interval': PUSHES,
  'spec.retryInterval': RETRIES,
  'spec.wait': null,
  'spec.healthChecks': note('Headgate waits for every object that a push changes.'),
  'spec.healthCheckExprs': untranslated('Headgate knows when an object is ready by its status conditions alone.'),
  'spec.force': unless(
    false,
    untranslated('Annotate the objects that may be replaced with headgate.dev/replace: immutable.'),
  ),
  'spec.deletionPolicy': note('Removing a target deletes nothing; headgate uninstall TARGET does.'),
  'spec.commonMetadata': IN_KUSTOMIZATION,
  'spec.components': IN_KUSTOMIZATION,
  'spec.ignoreMissingComponents': note('A missing component is refused.'),
  'spec.images': IN_KUSTOMIZATION,
  'spec.patches': IN_KUSTOMIZATION,
  'spec.patchesStrategicMerge': IN_KUSTOMIZATION,
  'spec.patchesJson6902': IN_KUSTOMIZATION,
  'spec.namePrefix': IN_KUSTOMIZATION,
  'spec.nameSuffix': IN_KUSTOMIZATION,
  'spec.kubeConfig': KUBECONFIG,
};

export const HELM_RELEASE: FieldRules = {
  'spec.chart.spec.chart': null,
  'spec.chart.spec.version': null,
  'spec.chart.spec.sourceRef': null,
  'spec.chart.spec.valuesFiles': null,
  'spec.chart.spec.valuesFile': null,
  'spec.chart.spec.interval': note('A chart is pinned by its version: set another one to upgrade.'),
  'spec.chart.spec.reconcileStrategy': note('A chart in Git is rendered when one of its files changes.'),
  'spec.chart.spec.ignoreMissingValuesFiles': unless(false, untranslated('A missing values file is refused.')),
  'spec.chart.spec.verify': untranslated('Headgate does not verify signatures of charts; the digest is pinned.'),
  'spec.chart.metadata': note('It is for the HelmChart of Flux.'),
  'spec.chartRef': null,
  'spec.releaseName': null,
  'spec.targetNamespace': null,
  'spec.suspend': null,
  'spec.timeout': TIMEOUT,
  'spec.serviceAccountName': null,
  'spec.dependsOn': null,
  'spec.values': null,
  'spec.valuesFrom': null,
  'spec.driftDetection.mode': null,
  'spec.driftDetection.ignore': null,
  'spec.interval': PUSHES,
  'spec.storageNamespace': note('Headgate records no release.'),
  'spec.maxHistory': note('Headgate records no release: headgate history shows what was deployed.'),
  'spec.persistentClient': note('Headgate renders charts without a connection to the cluster.'),
  'spec.waitStrategy': note('Headgate waits for every object that a push changes.'),
  'spec.healthCheckExprs': untranslated('Headgate knows when an object is ready by its status conditions alone.'),
  'spec.kubeConfig': KUBECONFIG,
  'spec.postRenderers': changesManifests('Move it into the chart, or deploy a kustomization that inflates the chart.'),
  'spec.commonMetadata': changesManifests('Move it into the chart or its values.'),
  'spec.install.createNamespace': null,
  'spec.install.crds': unless('Create', note('The definitions of a chart are always applied.')),
  'spec.install.remediation': RETRIES,
  'spec.install': note('Headgate applies a chart as it applies other manifests; see docs/render.md.'),
  'spec.upgrade': note('Headgate applies a chart as it applies other manifests; onFailure: rollback brings it back.'),
  'spec.rollback': note('headgate rollback TARGET brings a target back.'),
  'spec.uninstall': note('Removing a target deletes nothing; headgate uninstall TARGET does.'),
  'spec.test': unless(undefined, untranslated('Headgate leaves the test hooks of a chart out.')),
};

export const HELM_REPOSITORY: FieldRules = {
  'spec.url': null,
  'spec.type': null,
  'spec.interval': note('A chart is pinned by its version: set another one to upgrade.'),
  'spec.timeout': note('Headgate has its own deadlines.'),
  'spec.suspend': unless(false, note('A chart is pulled once for each version.')),
  'spec.provider': unless('generic', note('Headgate logs in to ECR with its own credentials.')),
  'spec.secretRef': untranslated('Headgate has no logins to chart repositories yet, except to ECR.'),
  'spec.passCredentials': unless(false, untranslated('Headgate has no logins to chart repositories yet.')),
  'spec.certSecretRef': untranslated('Headgate trusts the authorities of the system.'),
  'spec.insecure': unless(false, untranslated('Headgate pulls charts over https only.')),
  'spec.accessFrom': note('headgate.yml is the administrator’s own file.'),
};

export const OCI_REPOSITORY: FieldRules = {
  'spec.url': null,
  'spec.ref.tag': null,
  'spec.ref.semver': null,
  'spec.ref.digest': untranslated('The digest of a chart is recorded when it is pulled first.'),
  'spec.ref.semverFilter': untranslated('A chart is pinned by its exact version.'),
  'spec.interval': note('A chart is pinned by its version: set another one to upgrade.'),
  'spec.timeout': note('Headgate has its own deadlines.'),
  'spec.layerSelector': note('Headgate pulls the layer of the chart.'),
  'spec.provider': unless('generic', note('Headgate logs in to ECR with its own credentials.')),
  'spec.secretRef': untranslated('Headgate has no logins to registries yet, except to ECR.'),
  'spec.serviceAccountName': untranslated('Headgate has no logins to registries yet, except to ECR.'),
  'spec.certSecretRef': untranslated('Headgate trusts the authorities of the system.'),
  'spec.proxySecretRef': untranslated('Headgate pulls charts without a proxy.'),
  'spec.verify': untranslated('Headgate does not verify signatures of charts; the digest is pinned.'),
  'spec.ignore': untranslated('It is for manifests, which Headgate reads from Git.'),
  'spec.insecure': unless(false, untranslated('Headgate pulls charts over https only.')),
  'spec.suspend': unless(false, note('A chart is pulled once for each version.')),
};

export const RECEIVER: FieldRules = {
  'spec.type': null,
  'spec.resources': null,
  'spec.events': note('Headgate follows pushes, and ignores the rest.'),
  'spec.interval': note('A webhook needs no interval.'),
  'spec.suspend': unless(false, note('Headgate has a webhook for each repository.')),
  'spec.secretRef': note(
    'headgate connect REPOSITORY registers a new webhook, with the secret that webhookSecret names.',
  ),
  'spec.resourceFilter': untranslated('A webhook of Headgate is for one repository.'),
};

/** What has no equivalent at all, by its kind. */
export const OTHER_KINDS: Readonly<Record<string, string>> = {
  Bucket: 'Headgate deploys from Git. Commit the manifests.',
  HelmChart: 'Flux makes it from a HelmRelease, which is imported itself.',
  ImageRepository:
    'Image updates are not imported. Keep the image controllers of Flux, or update the tags in Git in CI.',
  ImagePolicy: 'Image updates are not imported. Keep the image controllers of Flux, or update the tags in Git in CI.',
  ImageUpdateAutomation:
    'Image updates are not imported. Keep the image controllers of Flux, which commit to Git, or update the tags in CI.',
  Alert: 'Alerts are not imported. Headgate writes commit statuses, Events and a log.',
  Provider: 'Alerts are not imported. Headgate writes commit statuses, Events and a log.',
  ArtifactGenerator: 'Headgate reads the paths of a target from Git; list shared ones in inputs.',
  ExternalArtifact: 'Headgate deploys from Git. Commit the manifests.',
};
