/** API groups that a tool reads on a developer's machine, in CI or on a node. They look like manifests, and no cluster serves them. */
const GROUPS: ReadonlySet<string> = new Set(
  [
    'kustomize.config.k8s.io skaffold kind.x-k8s.io k3d.io ctlptl.dev tilt.dev score.dev backstage.io',
    'kubeadm.k8s.io kubelet.config.k8s.io kubeproxy.config.k8s.io kubescheduler.config.k8s.io audit.k8s.io',
    'apiserver.config.k8s.io apiserver.k8s.io client.authentication.k8s.io pod-security.admission.config.k8s.io',
    'eksctl.io k0sctl.k0sproject.io krew.googlecontainertools.github.com scorecard.operatorframework.io',
    'test.gatekeeper.sh cli.kyverno.io chainsaw.kyverno.io kuttl.dev kbld.k14s.io kapp.k14s.io vendir.k14s.io',
  ].flatMap((row) => row.split(' ')),
);

/** Whether only a client reads a document of this kind: unless a cluster serves it after all, it is not a manifest. */
export function isClientSide({ apiVersion, kind }: { readonly apiVersion: unknown; readonly kind: unknown }): boolean {
  // Drone's pipelines have a kind and metadata, and no apiVersion.
  if (typeof apiVersion !== 'string') return apiVersion === undefined && kind === 'pipeline';
  // A kubeconfig, and the plugins of kustomize.
  if ((apiVersion === 'v1' && kind === 'Config') || apiVersion === 'builtin') return true;
  return apiVersion.includes('/') && GROUPS.has(apiVersion.slice(0, apiVersion.indexOf('/')));
}
