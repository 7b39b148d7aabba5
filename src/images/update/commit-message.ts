import { formatImage } from '../../config/images/image-reference.ts';
import { imageTrailer } from './record.ts';
import type { ImagePolicy, TagPolicy } from '../../config/checked/config.ts';

/** One image that a commit changes. */
export interface ImageChange {
  readonly policy: ImagePolicy;
  /** The versions before, each once. */
  readonly from: readonly string[];
  readonly to: string;
  /** The digest of the written tag, in the registry. */
  readonly digest: string;
  readonly files: readonly string[];
}

/** More would hide the trailers. */
const SHOWN_FILES = 5;

/** The message of a commit: what people read, then trailers that say which policy wanted it, and what it resolved to. */
export function commitMessage(changes: readonly ImageChange[]): string {
  const template = changes.map(({ policy }) => policy.commit.message).find((text) => text !== null) ?? null;
  const text = template === null ? defaultText(changes) : filled(template, changes);
  const trailers = changes.flatMap(({ policy, from, to, digest }) => [
    imageTrailer({ image: policy.name, from, to }),
    `Headgate-Policy: ${policy.name} ${formatPolicy(policy.policy)}`,
    `Headgate-Digest: ${policy.name} ${digest}`,
  ]);
  return `${text.trim()}\n\n${trailers.join('\n')}\n`;
}

function defaultText(changes: readonly ImageChange[]): string {
  const [first, ...others] = changes;
  const subject =
    first !== undefined && others.length === 0
      ? `Update ${first.policy.name} to ${first.to}`
      : `Update ${changes.length} images`;
  const lines = changes.map((change) => `- ${formatImage(change.policy.image)} ${arrowOf(change)}${filesOf(change)}`);
  return `${subject}\n\n${lines.join('\n')}`;
}

function filled(template: string, changes: readonly ImageChange[]): string {
  const values: Readonly<Record<string, string>> = {
    changes: changes.map((change) => `${change.policy.name} ${arrowOf(change)}`).join(', '),
    images: changes.map(({ policy }) => policy.name).join(', '),
    list: changes.map((change) => `- ${formatImage(change.policy.image)} ${arrowOf(change)}`).join('\n'),
  };
  return template.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (written, name: string) => values[name] ?? written);
}

function arrowOf({ from, to }: Pick<ImageChange, 'from' | 'to'>): string {
  return `${from.join(', ')} -> ${to}`;
}

function filesOf({ files }: ImageChange): string {
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : '';
  return ` (${files.slice(0, SHOWN_FILES).join(', ')}${more})`;
}

export function formatPolicy(policy: TagPolicy): string {
  switch (policy.kind) {
    case 'semver':
      return `semver ${policy.range}`;
    case 'newest':
      return `newest ${policy.pattern} by ${policy.by ?? 'tag'}, ${policy.order}`;
    case 'digest':
      return `digest of ${policy.tag}`;
    default:
      return policy satisfies never;
  }
}
