/** What a key of headgate.yml means. `headgate explain`, headgate.schema.json and docs/configuration.md are made from this list. */
export interface KeyReference {
  /** From the root of the file, without the names and the indices of entries: `targets.prune.limit`. */
  readonly key: string;
  readonly type: string;
  /** As it would be written; absent: no default. */
  readonly default?: string;
  /** Why the default is not one value, or when the key is required. */
  readonly note?: string;
  readonly meaning: string;
  /** YAML of the key alone. */
  readonly example: string;
}

export const REFERENCE_TYPE = 'reference to a secret: env:NAME, file:PATH, ssm:NAME, secretsmanager:ID or ID#key';
