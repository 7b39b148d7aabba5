import { formatKind } from '../../resource/kind-order.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject, ResourceId } from '../../resource/resource.ts';

/**
 * The values that only one object of the cluster can have, as they are shown: `nodePort 31789`. Values that the API server
 * does not compare (a hostPort, the host of an Ingress, the claim of a volume) are not among them.
 */
export function heldValues(id: Pick<ResourceId, 'group' | 'kind'>, object: JsonObject): readonly string[] {
  switch (formatKind(id)) {
    case 'Service':
      return isObject(object['spec']) ? serviceValues(object['spec']) : [];
    case 'PriorityClass.scheduling.k8s.io':
      return object['globalDefault'] === true ? ['globalDefault'] : [];
    default:
      return [];
  }
}

function serviceValues({ clusterIP, clusterIPs, ports, healthCheckNodePort }: JsonObject): readonly string[] {
  const addresses = new Set([clusterIP, ...listOf(clusterIPs)].map((value) => textOf(value)));
  const nodePorts = listOf(ports).map((port) => (isObject(port) ? port['nodePort'] : undefined));
  return [
    ...[...addresses].filter((value) => value !== '' && value !== 'None').map((value) => `clusterIP ${value}`),
    // Both come out of one range.
    ...[...nodePorts, healthCheckNodePort]
      .map((value) => textOf(value))
      .filter(isSet)
      .map((value) => `nodePort ${value}`),
  ];
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function isSet(value: string): boolean {
  return value !== '' && value !== '0';
}
