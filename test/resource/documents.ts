/** What a document is, and what the real kubectl answers: `applies`, or its error. */
export interface DocumentCase {
  readonly what: string;
  readonly text: string;
  /** `refused`: the message of each mistake, with its line. `ifServed`: the same, where the cluster serves the kind. */
  readonly is:
    'manifest' | 'not a manifest' | { readonly refused: readonly string[] } | { readonly ifServed: readonly string[] };
  readonly kubectl: RegExp;
}

const APPLIES = /^applies$/;
const NAME = /resource name may not be empty/;
const KIND = /kind not set/;
const API_VERSION = /apiVersion not set/;
const UNSERVED = /no matches for kind/;
const TYPE = /cannot unmarshal|isn't string type/;
const INVALID = /invalid object to validate/;

const refused = (...messages: readonly string[]) => ({ refused: messages });
const ifServed = (...messages: readonly string[]) => ({ ifServed: messages });

export const DOCUMENTS: readonly DocumentCase[] = [
  {
    what: 'a complete manifest',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
    is: 'manifest',
    kubectl: APPLIES,
  },
  {
    what: 'a misspelled name',
    text: 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  nmae: deny-all\nspec: { podSelector: {} }\n',
    is: refused('4: metadata.name is missing; did you mean name instead of nmae?'),
    kubectl: NAME,
  },
  {
    what: 'a misspelled kind',
    text: 'apiVersion: v1\nknid: ConfigMap\nmetadata: { name: a }\n',
    is: refused('2: kind is missing; did you mean kind instead of knid?'),
    kubectl: KIND,
  },
  {
    what: 'a kind with a capital',
    text: 'apiVersion: v1\nKind: ConfigMap\nmetadata: { name: a }\n',
    is: refused('2: kind is missing; did you mean kind instead of Kind?'),
    kubectl: KIND,
  },
  {
    what: 'a misspelled apiVersion',
    text: 'apiversion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
    is: refused('1: apiVersion is missing; did you mean apiVersion instead of apiversion?'),
    kubectl: API_VERSION,
  },
  {
    what: 'a misspelled metadata',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetdata: { name: a }\n',
    is: refused('1: metadata is missing; did you mean metadata instead of metdata?'),
    kubectl: NAME,
  },
  {
    what: 'two misspelled fields',
    text: 'apiverison: v1\nkind: ConfigMap\nmeta_data: { name: a }\n',
    is: refused(
      '1: apiVersion is missing; did you mean apiVersion instead of apiverison?',
      '1: metadata is missing; did you mean metadata instead of meta_data?',
    ),
    kubectl: API_VERSION,
  },
  {
    what: 'no metadata',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata: {}\n',
    is: refused('1: metadata.name is missing'),
    kubectl: NAME,
  },
  {
    what: 'a name that is not indented',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\nname: a\n',
    is: refused('4: metadata.name is missing: indent name below metadata'),
    kubectl: NAME,
  },
  {
    what: 'no kind',
    text: 'apiVersion: v1\nmetadata: { name: a }\n',
    is: refused('1: kind is missing'),
    kubectl: KIND,
  },
  {
    what: 'no apiVersion',
    text: '# a comment\nkind: ConfigMap\nmetadata: { name: a }\n',
    is: refused('2: apiVersion is missing'),
    kubectl: API_VERSION,
  },
  {
    what: 'a name that YAML 1.1 reads as a boolean',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {}\n  name: n\n',
    is: refused('5: metadata.name is a boolean because `n` means false in YAML 1.1: quote it'),
    kubectl: TYPE,
  },
  {
    what: 'a number as name',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: 017 }\n',
    is: refused('3: metadata.name is a number, 017: quote it'),
    kubectl: TYPE,
  },
  {
    what: 'true as name, in JSON',
    text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":true}}',
    is: refused('1: metadata.name is a boolean: quote it'),
    kubectl: TYPE,
  },
  {
    what: 'null as name',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Null }\n',
    is: refused('3: metadata.name is null because `Null` means null in YAML 1.1: quote it'),
    kubectl: NAME,
  },
  {
    what: 'an empty name',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "" }\n',
    is: refused('3: metadata.name is empty'),
    kubectl: NAME,
  },
  {
    what: 'a list as metadata',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n- name: a\n',
    is: refused('1: metadata is a list, not a map'),
    kubectl: TYPE,
  },
  {
    what: 'a map as name',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: { a: 1 } }\n',
    is: refused('1: metadata.name is a map, not a string'),
    kubectl: TYPE,
  },
  {
    what: 'a number as namespace',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: 12 }\n',
    is: refused('3: metadata.namespace is a number, 12: quote it'),
    kubectl: TYPE,
  },
  {
    what: 'a boolean as kind',
    text: 'apiVersion: v1\nkind: on\nmetadata: { name: a }\n',
    is: refused('2: kind is a boolean because `on` means true in YAML 1.1: quote it'),
    kubectl: TYPE,
  },
  {
    what: 'a number as apiVersion',
    text: 'apiVersion: 1\nkind: ConfigMap\nmetadata: { name: a }\n',
    is: refused('1: apiVersion is a number, 1: quote it'),
    kubectl: TYPE,
  },
  {
    what: 'a generated name',
    text: 'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: a- }\n',
    is: refused('3: metadata.generateName is not supported: an object in Git needs a stable metadata.name'),
    kubectl: /cannot use generate name with apply/,
  },
  {
    what: 'a List',
    text: 'apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }\n',
    is: 'manifest',
    kubectl: APPLIES,
  },
  {
    what: 'a typed list',
    text: 'apiVersion: v1\nkind: ConfigMapList\nitems:\n- { metadata: { name: a } }\n',
    is: 'manifest',
    kubectl: APPLIES,
  },
  {
    what: 'an incomplete item of a typed list',
    text: 'apiVersion: v1\nkind: ConfigMapList\nitems:\n- kind: ConfigMap\n  metadata: { name: a }\n',
    is: refused('4: apiVersion is missing'),
    kubectl: /'apiVersion' is missing/,
  },
  {
    what: 'an incomplete item of a List',
    text: 'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    nam: a\n',
    is: refused('7: metadata.name is missing; did you mean name instead of nam?'),
    kubectl: /unknown field "nam"/,
  },
  {
    what: 'a List of something else',
    text: 'apiVersion: v1\nkind: List\nitems:\n- null\n',
    is: refused('4: items[0] is not a map'),
    kubectl: INVALID,
  },
  {
    what: 'a List without items',
    text: 'apiVersion: v1\nkind: List\nitem:\n- { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }\n',
    is: refused('1: items of a List is missing; did you mean items instead of item?'),
    kubectl: INVALID,
  },
  {
    what: 'only a kind that is served',
    text: 'kind: ConfigMap\ndata: {}\n',
    is: ifServed('1: apiVersion is missing', '1: metadata.name is missing'),
    kubectl: API_VERSION,
  },
  {
    what: 'only a kind that is not served',
    text: 'kind: Weather\ntemperature: 12\n',
    is: 'not a manifest',
    kubectl: API_VERSION,
  },
  {
    what: 'a pipeline of Drone',
    text: 'kind: pipeline\ntype: kubernetes\nname: default\nmetadata: { namespace: ci }\n',
    is: 'not a manifest',
    kubectl: API_VERSION,
  },
  {
    what: 'a Compose file',
    text: 'services:\n  web: { image: nginx }\n',
    is: 'not a manifest',
    kubectl: KIND,
  },
  {
    what: 'a workflow of GitHub Actions',
    text: 'name: ci\non: [push]\njobs: {}\n',
    is: 'not a manifest',
    kubectl: KIND,
  },
  {
    what: 'a values file',
    text: 'replicaCount: 1\nmetadata: { labels: {} }\nname: web\n',
    is: 'not a manifest',
    kubectl: KIND,
  },
  {
    what: 'a list of settings',
    text: '- hosts: all\n',
    is: 'not a manifest',
    kubectl: /invalid object|cannot unmarshal|not a map|expected/,
  },
  {
    what: 'provisioning of Grafana',
    text: 'apiVersion: 1\ndatasources: []\n',
    is: 'not a manifest',
    kubectl: TYPE,
  },
  {
    what: 'a kubeconfig',
    text: 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\n',
    is: 'not a manifest',
    kubectl: UNSERVED,
  },
  ...(
    [
      ['a kind cluster', 'kind.x-k8s.io/v1alpha4', 'Cluster', ''],
      ['a Skaffold configuration', 'skaffold/v4beta11', 'Config', ''],
      ['a Skaffold configuration with a name', 'skaffold/v4beta11', 'Config', 'metadata: { name: shop }\n'],
      ['a kustomization in a file of another name', 'kustomize.config.k8s.io/v1beta1', 'Kustomization', ''],
      ['a component of kustomize in a file of another name', 'kustomize.config.k8s.io/v1alpha1', 'Component', ''],
      ['a transformer of kustomize', 'builtin', 'PatchTransformer', 'metadata: { name: p }\n'],
      ['a configuration of kubeadm', 'kubeadm.k8s.io/v1beta4', 'ClusterConfiguration', ''],
      ['a configuration of the kubelet', 'kubelet.config.k8s.io/v1beta1', 'KubeletConfiguration', ''],
      ['a configuration of the scheduler', 'kubescheduler.config.k8s.io/v1', 'KubeSchedulerConfiguration', ''],
      ['an audit policy', 'audit.k8s.io/v1', 'Policy', ''],
      ['encryption at rest', 'apiserver.config.k8s.io/v1', 'EncryptionConfiguration', ''],
      ['a cluster of eksctl', 'eksctl.io/v1alpha5', 'ClusterConfig', 'metadata: { name: lab, region: eu-west-1 }\n'],
      ['a Backstage entity', 'backstage.io/v1alpha1', 'Component', 'metadata: { name: shop }\n'],
    ] as const
  ).map(([what, apiVersion, kind, rest]): DocumentCase => ({
    what,
    text: `apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`,
    is: 'not a manifest',
    kubectl: UNSERVED,
  })),
];
