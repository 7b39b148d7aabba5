import type { Config, TargetTemplate, TargetSettings } from '../../config/checked/config.ts';
import { directoryOf } from '../../config/templates/for-each.ts';
import type { Push } from '../../githost/port/git-host.ts';
import { isBelow } from '../../snapshot/source.ts';
import { recipientOf, recipientOfDirectory, recipientOfTemplate } from '../targets/recipient.ts';
import type { Recipient } from '../ports/request.ts';

export type Matched =
  | { readonly kind: 'targets'; readonly recipients: readonly Recipient[] }
  | { readonly kind: 'none'; readonly reason: string };

/** What a push may concern: a target, all targets of a template, or the one of a directory. */
interface Reader {
  readonly recipient: Recipient;
  readonly settings: TargetSettings;
  /** The paths that it reads according to headgate.yml. */
  readonly roots: readonly string[];
  /** Null for a target. */
  readonly template: TargetTemplate | null;
}

/** The targets of a repository that a push may change. Too many are harmless: a target that is current writes nothing. */
export function match(push: Push, { targets, templates }: Pick<Config, 'targets' | 'templates'>): Matched {
  const readers: readonly Reader[] = [
    ...targets.map((target) => {
      return {
        recipient: recipientOf(target),
        settings: target,
        roots: [target.path, ...target.inputs],
        template: null,
      };
    }),
    ...templates.map((template) => {
      return {
        recipient: recipientOfTemplate(template),
        settings: template.settings,
        roots: template.settings.inputs,
        template,
      };
    }),
  ];
  const following = readers.filter(({ settings }) => settings.ref === push.ref);
  if (following.length === 0) return { kind: 'none', reason: `no target follows ${push.ref}` };
  const changed = push.changedPaths === null ? following : narrow(push.changedPaths, following);
  if (changed.length === 0) return { kind: 'none', reason: 'no path of a target changed' };
  const active = changed.filter(({ settings }) => !settings.suspend);
  return active.length === 0
    ? { kind: 'none', reason: 'every affected target is suspended' }
    : { kind: 'targets', recipients: active.map(({ recipient }) => recipient) };
}

/** Above this, a push counts for all directories of the template, so that the delivery is answered at once. */
const MAX_DIRECTORIES = 500;

/**
 * A file below no target may be a shared base, so it concerns every target without `inputs`. The directories of a template
 * are not known here, but the changed files name those that changed or were removed.
 */
function narrow(paths: readonly string[], readers: readonly Reader[]): readonly Reader[] {
  const chosen = new Set<Reader>();
  const directories = new Map<string, Reader>();
  let isAnyUnclaimed = false;
  for (const path of paths) {
    const known = readers.filter(({ roots }) => roots.some((root) => isBelow(path, root)));
    for (const reader of known) chosen.add(reader);
    const generated = readers.flatMap((reader) => inDirectory(path, reader));
    for (const reader of generated) directories.set(JSON.stringify(reader.recipient), reader);
    isAnyUnclaimed ||= known.length + generated.length === 0;
  }
  const isMany = directories.size > MAX_DIRECTORIES;
  const isAffected = (reader: Reader) =>
    chosen.has(reader) ||
    (isAnyUnclaimed && reader.settings.inputs.length === 0) ||
    (isMany && reader.template !== null);
  return [...readers.filter((reader) => isAffected(reader)), ...(isMany ? [] : directories.values())];
}

function inDirectory(path: string, reader: Reader): readonly Reader[] {
  const { template } = reader;
  const directory = template === null ? null : directoryOf(template, path);
  return template === null || directory === null
    ? []
    : [{ ...reader, recipient: recipientOfDirectory(template, directory) }];
}
