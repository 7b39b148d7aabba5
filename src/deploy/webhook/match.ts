import type { Config, TargetTemplate, TargetSettings } from '../../config/checked/config.ts';
import { directoryOf } from '../../config/templates/for-each.ts';
import type { Push } from '../../githost/port/git-host.ts';
import { isBelow } from '../../snapshot/source.ts';
import { recipientOf, recipientOfDirectory, recipientOfTemplate } from '../targets/recipient.ts';
import type { Recipient } from '../ports/request.ts';

export type Matched =
  | { readonly kind: 'targets'; readonly addresses: readonly Recipient[] }
  | { readonly kind: 'none'; readonly reason: string };

/** Who may be asked: a target, all targets of a template, or the one of a directory. */
interface Reader {
  readonly address: Recipient;
  readonly settings: TargetSettings;
  /** What it reads, as far as headgate.yml says. */
  readonly roots: readonly string[];
  /** Null: it is a target. */
  readonly template: TargetTemplate | null;
}

/** Which of a repository's targets a push is for. Too many is harmless: a target that is current writes nothing. */
export function match(push: Push, { targets, templates }: Pick<Config, 'targets' | 'templates'>): Matched {
  const readers: readonly Reader[] = [
    ...targets.map((target) => {
      return { address: recipientOf(target), settings: target, roots: [target.path, ...target.inputs], template: null };
    }),
    ...templates.map((template) => {
      return {
        address: recipientOfTemplate(template),
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
  const awake = changed.filter(({ settings }) => !settings.suspend);
  return awake.length === 0
    ? { kind: 'none', reason: 'every target that it changes is suspended' }
    : { kind: 'targets', addresses: awake.map(({ address }) => address) };
}

/** A push that touches more directories than this is for all that are there: a delivery is answered at once. */
const MOST_DIRECTORIES = 500;

/**
 * A file below no target may be a base that targets share: it concerns all that do not say what they read. Which directories
 * a template has is not known here; that one of them changed or vanished is, by the files in it.
 */
function narrow(paths: readonly string[], readers: readonly Reader[]): readonly Reader[] {
  const chosen = new Set<Reader>();
  const directories = new Map<string, Reader>();
  let isAnyUnclaimed = false;
  for (const path of paths) {
    const known = readers.filter(({ roots }) => roots.some((root) => isBelow(path, root)));
    for (const reader of known) chosen.add(reader);
    const made = readers.flatMap((reader) => inDirectory(path, reader));
    for (const reader of made) directories.set(JSON.stringify(reader.address), reader);
    isAnyUnclaimed ||= known.length + made.length === 0;
  }
  const isMany = directories.size > MOST_DIRECTORIES;
  const isAsked = (reader: Reader) =>
    chosen.has(reader) ||
    (isAnyUnclaimed && reader.settings.inputs.length === 0) ||
    (isMany && reader.template !== null);
  return [...readers.filter((reader) => isAsked(reader)), ...(isMany ? [] : directories.values())];
}

function inDirectory(path: string, reader: Reader): readonly Reader[] {
  const { template } = reader;
  const directory = template === null ? null : directoryOf(template, path);
  return template === null || directory === null
    ? []
    : [{ ...reader, address: recipientOfDirectory(template, directory) }];
}
