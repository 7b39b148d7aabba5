/** Parses `env:NAME`, `file:PATH`, `ssm:NAME`, `secretsmanager:ID` or `secretsmanager:ID#key`; null when invalid. */
export function parseReference(text: string): SecretReference | null {
  const parts = /^(env|file|ssm|secretsmanager):(.+)$/.exec(text);
  const value = parts?.[2] ?? '';
  switch (parts?.[1] ?? '') {
    case 'env':
      return /^[A-Za-z_]\w*$/.test(value) ? { kind: 'env', name: value } : null;
    case 'file':
      return { kind: 'file', path: value };
    case 'ssm':
      return /^[\w.:/-]+$/.test(value) ? { kind: 'ssm', name: value } : null;
    case 'secretsmanager':
      return parseSecretsManager(value);
    default:
      return null;
  }
}

function parseSecretsManager(value: string): SecretReference | null {
  const [id = '', key, ...more] = value.split('#');
  if (!/^[\w.:/+=@-]+$/.test(id) || key === '' || more.length > 0) return null;
  return { kind: 'secretsmanager', id, key: key ?? null };
}

/** As written in headgate.yml: for messages. */
export function formatReference(reference: SecretReference): string {
  switch (reference.kind) {
    case 'env':
    case 'ssm':
      return `${reference.kind}:${reference.name}`;
    case 'file':
      return `file:${reference.path}`;
    case 'secretsmanager':
      return `secretsmanager:${reference.id}${reference.key === null ? '' : `#${reference.key}`}`;
    default:
      return reference satisfies never;
  }
}

/** Where a secret is stored, never the secret itself. The `path` of a file is absolute. */
export type SecretReference =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'ssm'; readonly name: string }
  | { readonly kind: 'secretsmanager'; readonly id: string; readonly key: string | null };
