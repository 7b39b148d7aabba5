import { pickFrom } from '../../rig/chaos/random.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';

export const KINDS = ['ConfigMap', 'Deployment', 'Service', 'Widget'] as const;
export type RandomKind = (typeof KINDS)[number];

/** A schema with every kind of list and map that server-side apply merges in its own way. */
export const WIDGET_SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'string' },
        color: { type: 'string', default: 'red' },
        atomic: { type: 'array', items: { type: 'string' } },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string' },
              weight: { type: 'integer', default: 1 },
              note: { type: 'string' },
            },
          },
        },
        settings: { type: 'object', additionalProperties: { type: 'string' } },
        atomicSettings: {
          type: 'object',
          'x-kubernetes-map-type': 'atomic',
          additionalProperties: { type: 'string' },
        },
        nested: {
          type: 'object',
          properties: {
            a: { type: 'string' },
            b: { type: 'string', default: 'b' },
            deep: { type: 'object', properties: { x: { type: 'string' }, y: { type: 'integer' } } },
          },
        },
      },
    },
  },
};

/** Random objects of the same few fields, so that writers meet in them. Every one is valid by itself. */
export function randomObjects(random: () => number, group: string) {
  const chance = (share: number) => random() < share;
  const value = () => pickFrom(['1', '2', '3'], random) ?? '1';
  const some = <T>(list: readonly T[], share = 0.5) => list.filter(() => chance(share));
  const map = (keys: readonly string[], share = 0.5): JsonObject =>
    Object.fromEntries(some(keys, share).map((key) => [key, value()]));
  /** The fields that were drawn; each is present half of the time. */
  const drawn = (fields: Readonly<Record<string, () => JsonObject[string]>>, share = 0.5): JsonObject =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(() => chance(share))
        .map(([key, draw]) => [key, draw()]),
    );
  const keyed = (names: readonly string[], more: () => JsonObject, share = 0.5) =>
    some(names, share).map((name) => ({ name, ...more() }));

  const container = (name: string): JsonObject => ({
    name,
    // A container whose image another writer took, and that Git drops, would be left without one.
    image: `example.com/${name}:${name === 'web' ? value() : '1'}`,
    ...drawn({
      args: () => some(['-a', '-b']),
      env: () => keyed(['A', 'B', 'C'], () => ({ value: value() })),
      ports: () => some([80, 81]).map((containerPort) => ({ containerPort, name: `p${containerPort}` })),
      resources: () => drawn({ limits: () => map(['cpu', 'memory']), requests: () => drawn({ cpu: () => '1m' }) }),
      imagePullPolicy: () => 'Always',
      workingDir: () => `/${value()}`,
    }),
  });
  const podSpec = (): JsonObject => ({
    containers: ['web', ...some(['side', 'log'])].map((name) => container(name)),
    ...drawn({
      nodeSelector: () => map(['disk', 'zone']),
      tolerations: () => some(['x', 'y']).map((key) => ({ key, operator: 'Exists' })),
      imagePullSecrets: () => keyed(['one', 'two'], () => ({})),
      volumes: () => keyed(['tmp', 'cache'], () => ({ emptyDir: {} })),
      terminationGracePeriodSeconds: () => Number(value()),
      securityContext: () => drawn({ runAsUser: () => Number(value()), fsGroup: () => Number(value()) }),
    }),
  });
  const bodies: Readonly<Record<RandomKind, (name: string) => JsonObject>> = {
    ConfigMap: () => drawn({ data: () => map(['a', 'b', 'c', 'd']), binaryData: () => ({ e: 'AA==' }) }, 0.8),
    Deployment: (name) => ({
      spec: {
        paused: true,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name, ...map(['tier']) }, ...drawn({ annotations: () => map(['x', 'y']) }) },
          spec: podSpec(),
        },
        ...drawn({
          replicas: () => Number(value()),
          strategy: () => ({
            type: 'RollingUpdate',
            ...drawn({ rollingUpdate: () => ({ maxSurge: Number(value()) }) }),
          }),
          revisionHistoryLimit: () => Number(value()),
          minReadySeconds: () => Number(value()),
        }),
      },
    }),
    Service: () => ({
      spec: {
        clusterIP: 'None',
        selector: { app: value(), ...map(['tier']) },
        ports: [80, ...some([81, 82])].map((port) => ({
          port,
          name: `p${port}`,
          ...drawn({ targetPort: () => 8080 }),
        })),
        ...drawn({
          publishNotReadyAddresses: () => true,
          externalIPs: () => some(['192.0.2.1', '192.0.2.2']),
        }),
      },
    }),
    // Lists and maps that are never empty: the server makes null of one that it empties, and refuses that (1.37).
    Widget: () => ({
      spec: {
        size: value(),
        set: ['0', ...some(['1', '2', '3'])],
        items: [
          { name: 'zero' },
          ...keyed(['one', 'two', 'three'], () => drawn({ weight: () => Number(value()), note: value })),
        ],
        settings: { zero: '0', ...map(['a', 'b', 'c']) },
        ...drawn({
          color: value,
          atomic: () => some(['1', '2', '3']),
          atomicSettings: () => map(['a', 'b', 'c']),
          nested: () => ({
            a: value(),
            ...drawn({ b: value, deep: () => ({ x: value(), ...drawn({ y: () => Number(value()) }) }) }),
          }),
        }),
      },
    }),
  };
  const apiVersions: Readonly<Record<RandomKind, string>> = {
    ConfigMap: 'v1',
    Deployment: 'apps/v1',
    Service: 'v1',
    Widget: `${group}/v1`,
  };
  return (kind: RandomKind, name: string): JsonObject => ({
    apiVersion: apiVersions[kind],
    kind,
    metadata: {
      name,
      ...drawn({ labels: () => map(['one', 'two', 'three']), annotations: () => map(['one', 'two', 'three']) }),
    },
    ...bodies[kind](name),
  });
}
