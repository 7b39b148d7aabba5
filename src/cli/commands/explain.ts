import { configSchema } from '../../config/reference/json-schema.ts';
import { findKey, topKeys } from '../../config/reference/find-key.ts';
import type { FoundKey } from '../../config/reference/find-key.ts';
import { defaultText } from '../../config/reference/default-text.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { BareContext, ExitCode } from '../terminal/context.ts';
import type { Paint } from '../terminal/paint.ts';
import type { KeyReference } from '../../config/reference/key-reference.ts';

export interface ExplainFlags {
  /** Null: the keys of the file itself. */
  readonly key: string | null;
  readonly isSchema: boolean;
}

/** Prints what a key of headgate.yml means. */
export function explainCommand({ print, output, paint }: BareContext, { key, isSchema }: ExplainFlags): ExitCode {
  if (isSchema) {
    print(JSON.stringify(configSchema(), null, 2));
    return 0;
  }
  const found = key === null ? { reference: null, inside: topKeys() } : foundKey(key);
  print(output === 'json' ? JSON.stringify(found, null, 2) : explanation(found, paint));
  return 0;
}

interface Explained {
  readonly reference: KeyReference | null;
  readonly inside: readonly KeyReference[];
}

function foundKey(key: string): Explained {
  const found = findKey(key);
  if (found.kind === 'found') return found;
  throw new DeployError('usage', { subject: 'headgate explain', ...notFound(found) });
}

function notFound(found: Exclude<FoundKey, { kind: 'found' }>): { readonly message: string; readonly remedy: string } {
  if (found.kind === 'ambiguous')
    return { message: 'several keys have this name', remedy: `Name one of ${found.keys.join(', ')}.` };
  const hint = found.suggestion === null ? '' : `Did you mean ${found.suggestion}? `;
  return { message: 'not a key of headgate.yml', remedy: `${hint}Run headgate explain to list the keys.` };
}

function explanation({ reference, inside }: Explained, paint: Paint): string {
  const keys = inside.map(({ key, meaning }) => `  ${key}\n    ${meaning}`);
  const list = keys.length === 0 ? [] : [[reference === null ? 'Keys:' : 'Keys inside:', ...keys].join('\n')];
  const more = reference === null ? ['headgate explain KEY shows one, such as headgate explain targets.prune.'] : [];
  return [...(reference === null ? [] : [about(reference, paint)]), ...list, ...more].join('\n\n');
}

function about(reference: KeyReference, paint: Paint): string {
  const { key, type, meaning, example } = reference;
  const heading = [type, defaultText(reference)].filter((part) => part !== null).join('; ');
  return `${paint('bold', key)}\n  ${heading}\n\n  ${meaning}\n\nExample:\n  ${example}`;
}
