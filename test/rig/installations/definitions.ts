import { stringify } from 'yaml';

/** A CustomResourceDefinition as generators write it, in the forms that differ between projects. */
export interface DefinitionOptions {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope?: 'Namespaced' | 'Cluster';
  /** The last one is stored, and all but it are deprecated. */
  readonly versions?: readonly string[];
  /** Fields of the spec, and of each of them: 20 by 24 are about 250 KB. */
  readonly fields?: number;
  readonly options?: number;
  /** The spec is not described at all. */
  readonly isOpen?: boolean;
}

const TEXT = 'Describes how the field is meant, at the length to which generated definitions describe each field: ';

export function definition({
  group,
  kind,
  plural,
  scope = 'Namespaced',
  versions = ['v1'],
  fields = 2,
  options = 2,
  isOpen = false,
}: DefinitionOptions): string {
  const stored = versions.at(-1);
  const singular = kind.toLowerCase();
  return stringify(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        creationTimestamp: null,
        annotations: { 'controller-gen.kubebuilder.io/version': 'v0.0.0', 'api-approved.kubernetes.io': 'unapproved' },
        labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.sh/chart': 'crds-1.0.0' },
      },
      spec: {
        group,
        scope,
        preserveUnknownFields: false,
        conversion: { strategy: 'None' },
        names: { kind, listKind: `${kind}List`, plural, singular, categories: ['installations'] },
        versions: versions.map((name) => ({
          name,
          served: true,
          storage: name === stored,
          ...(name === stored
            ? {}
            : { deprecated: true, deprecationWarning: `${group}/${name} ${kind} is deprecated` }),
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
          schema: { openAPIV3Schema: schemaOf(isOpen ? OPEN : describedSpec(fields, options)) },
        })),
      },
      // Left in the file by the generator.
      status: { acceptedNames: { kind: '', plural: '' }, conditions: [], storedVersions: [] },
    },
    { aliasDuplicateObjects: false },
  );
}

const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function schemaOf(spec: object): object {
  return {
    type: 'object',
    description: 'The schema of the whole object.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status: { ...OPEN, default: {} },
    },
  };
}

function describedSpec(fields: number, options: number): object {
  const field = (index: number) =>
    index === 0
      ? { type: 'string', minLength: 1, maxLength: 100, description: TEXT }
      : {
          type: 'object',
          description: TEXT,
          'x-kubernetes-validations': [
            { rule: "!has(self.option0) || self.option0 != 'forbidden'", message: 'option0 must not be forbidden' },
          ],
          properties: Object.fromEntries(
            Array.from({ length: options }, (_, option) => [
              `option${option}`,
              { type: 'string', maxLength: 200, description: `${TEXT}${index}, ${option}. ${TEXT}${TEXT}` },
            ]),
          ),
        };
  return {
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: fields }, (_, index) => [`field${index}`, field(index)])),
  };
}
