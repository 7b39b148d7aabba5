/**
 * The built-in kinds of Kubernetes 1.37: `Kind plural` by API version, `!` after a cluster-scoped one. From its discovery
 * (`kubectl get --raw /apis`); the cluster's discovery is read only when a manifest has another kind.
 */
export const BUILTIN_KINDS: readonly (readonly [apiVersion: string, kinds: string])[] = [
  [
    'v1',
    'ConfigMap configmaps, Endpoints endpoints, Event events, LimitRange limitranges, Namespace namespaces!, Node nodes!, PersistentVolume persistentvolumes!, PersistentVolumeClaim persistentvolumeclaims, Pod pods, PodTemplate podtemplates, ReplicationController replicationcontrollers, ResourceQuota resourcequotas, Secret secrets, Service services, ServiceAccount serviceaccounts',
  ],
  ['apiregistration.k8s.io/v1', 'APIService apiservices!'],
  [
    'apps/v1',
    'ControllerRevision controllerrevisions, DaemonSet daemonsets, Deployment deployments, ReplicaSet replicasets, StatefulSet statefulsets',
  ],
  ['events.k8s.io/v1', 'Event events'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler horizontalpodautoscalers'],
  ['autoscaling/v1', 'HorizontalPodAutoscaler horizontalpodautoscalers'],
  ['batch/v1', 'CronJob cronjobs, Job jobs'],
  [
    'certificates.k8s.io/v1',
    'CertificateSigningRequest certificatesigningrequests!, ClusterTrustBundle clustertrustbundles!, PodCertificateRequest podcertificaterequests',
  ],
  [
    'networking.k8s.io/v1',
    'IPAddress ipaddresses!, Ingress ingresses, IngressClass ingressclasses!, NetworkPolicy networkpolicies, ServiceCIDR servicecidrs!',
  ],
  ['policy/v1', 'PodDisruptionBudget poddisruptionbudgets'],
  [
    'rbac.authorization.k8s.io/v1',
    'ClusterRole clusterroles!, ClusterRoleBinding clusterrolebindings!, Role roles, RoleBinding rolebindings',
  ],
  [
    'storage.k8s.io/v1',
    'CSIDriver csidrivers!, CSINode csinodes!, CSIStorageCapacity csistoragecapacities, StorageClass storageclasses!, VolumeAttachment volumeattachments!, VolumeAttributesClass volumeattributesclasses!',
  ],
  [
    'admissionregistration.k8s.io/v1',
    'MutatingAdmissionPolicy mutatingadmissionpolicies!, MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings!, MutatingWebhookConfiguration mutatingwebhookconfigurations!, ValidatingAdmissionPolicy validatingadmissionpolicies!, ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings!, ValidatingWebhookConfiguration validatingwebhookconfigurations!',
  ],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition customresourcedefinitions!'],
  ['scheduling.k8s.io/v1', 'PriorityClass priorityclasses!'],
  ['coordination.k8s.io/v1', 'Lease leases'],
  ['node.k8s.io/v1', 'RuntimeClass runtimeclasses!'],
  ['discovery.k8s.io/v1', 'EndpointSlice endpointslices'],
  [
    'resource.k8s.io/v1',
    'DeviceClass deviceclasses!, DeviceTaintRule devicetaintrules!, ResourceClaim resourceclaims, ResourceClaimTemplate resourceclaimtemplates, ResourceSlice resourceslices!',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1',
    'FlowSchema flowschemas!, PriorityLevelConfiguration prioritylevelconfigurations!',
  ],
  ['storagemigration.k8s.io/v1', 'StorageVersionMigration storageversionmigrations!'],
];
