/** A version of the kind, as a CustomResourceDefinition lists it; served by default. */
export interface WidgetVersion {
  readonly name: string;
  readonly served?: boolean;
  readonly subresources?: object;
  readonly deprecated?: boolean;
  /** OpenAPI; without a schema every field is kept. */
  readonly schema?: object;
}

const ANY = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A custom resource definition for one test. Its last version is the storage version. */
export function widgetDefinition(group: string, versions: readonly WidgetVersion[]): string {
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: versions.map(({ served = true, schema = ANY, ...version }, index) => ({
        ...version,
        served,
        storage: index === versions.length - 1,
        schema: { openAPIV3Schema: schema },
      })),
    },
  });
}
