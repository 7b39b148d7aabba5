import { basename, dirname } from 'node:path';
import type { Problem } from '../../error/deploy-error.ts';
import type { HostDefinition } from '../../githost/port/host.ts';
import type { ChannelKeys } from './channel.ts';
import { checkChannel, checkGithubChannels } from './check-channel.ts';
import { checkCluster } from './check-cluster.ts';
import type { ConfigLocation } from '../written/location.ts';
import { checkImages } from './check-image.ts';
import { checkPreviews } from './check-preview.ts';
import { checkPromotions } from './check-promotion.ts';
import { checkPullRequests } from './check-pull-requests.ts';
import { checkReferences, checkRepository } from './check-repository.ts';
import { checkTargetTemplate } from './check-target-template.ts';
import { checkNotify } from './check-settings.ts';
import type { Names } from './check-settings.ts';
import { checkTarget } from './check-target.ts';
import type { Config, TargetTemplate, Target } from './config.ts';
import { cyclesOf } from '../written/dependency-cycles.ts';
import { isRecord, readDocument } from '../written/document.ts';
import type { ConfigDocument, Finding, Path } from '../written/document.ts';
import { collectFindings } from '../written/findings.ts';
import type { Findings } from '../written/findings.ts';
import * as shape from '../written/shape.ts';
import { normalizePlaceholders } from '../written/placeholders.ts';

/** What headgate.yml may name in addition to what this package has, for a caller that provides it. */
interface GivenKinds {
  readonly hosts: readonly HostDefinition[];
  /** Kinds of channels, with their keys. */
  readonly channels: Readonly<Record<string, ChannelKeys>>;
}

const NONE_GIVEN: GivenKinds = { hosts: [], channels: {} };

export interface ConfigFile {
  readonly text: string;
  /** Absolute; relative paths in the file are resolved against its directory. */
  readonly path: string;
  /** How messages name the file; its basename by default. */
  readonly shownAs?: string;
  /** `HOME` replaces `~`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export type ReadConfig = { readonly config: Config } | { readonly problems: readonly Problem[] };

/** Turns the written form into the checked form, or returns every error at once. Never throws. */
export function readConfig(file: ConfigFile, kinds: GivenKinds = NONE_GIVEN): ReadConfig {
  const shownAs = file.shownAs ?? basename(file.path);
  const { document, errors } = readDocument(file.text);
  if (document === null) return { problems: problemsOf(errors, shownAs) };
  const findings = collectFindings(document);
  const location = { directory: dirname(file.path), home: file.env?.['HOME'] ?? null, shownAs: basename(shownAs) };
  const config = checkFile(document, { location, kinds }, findings);
  if (config === null || findings.errors.length > 0) return { problems: problemsOf(findings.errors, shownAs) };
  const warnings = inOrder(findings.warnings).map(
    ({ line, message, remedy }) => `${shownAs}:${line}: ${message}. ${remedy}`,
  );
  return { config: { ...config, warnings } };
}

function checkFile(
  { value }: ConfigDocument,
  { location, kinds }: { readonly location: ConfigLocation; readonly kinds: GivenKinds },
  findings: Findings,
): Omit<Config, 'warnings'> | null {
  const sections = findings.parse(shape.file, value, []);
  if (!isRecord(value)) return null;
  const keys = checkKeys(value['key'], location, findings);
  const clusters = checkEntries('clusters', value, findings, (entry) => checkCluster(entry, location, findings));
  const repositories = checkEntries('repositories', value, findings, (entry) =>
    checkRepository(entry, { location, hosts: kinds.hosts }, findings),
  );
  checkPullRequests(value, kinds.hosts, findings);
  const channels =
    value['channels'] === undefined
      ? new Map<string, null>()
      : checkEntries('channels', value, findings, (entry) =>
          checkChannel(entry, { location, given: kinds.channels }, findings),
        );
  const list = targetList(value, findings);
  const names: Names = {
    clusters,
    repositories,
    targets: firstIndices(list, (entry) => !isTemplate(entry)),
    templates: firstIndices(list, isTemplate),
    channels,
  };
  checkRepositoryNotify(value['repositories'], { names, findings });
  const hasKey = value['key'] !== undefined;
  const targets: (Target | null)[] = [];
  const templates: (TargetTemplate | null)[] = [];
  for (const [index, written] of list.entries()) {
    const entry = { path: ['targets', index], index, names, hasKey, location, findings };
    targets.push(isTemplate(written) ? null : checkTarget(written, entry));
    templates.push(isTemplate(written) ? checkTargetTemplate(written, entry) : null);
  }
  checkCycles(targets, findings);
  checkRecordedNames(targets, findings);
  const deployed = {
    targets: targets.filter((target) => target !== null),
    templates: templates.filter((template) => template !== null),
  };
  const previews = checkPreviews(value['previews'], { names, ...deployed, hasKey, findings });
  const images = checkImages(value['images'], { repositories, targets, templates, location, findings });
  const promotions = checkPromotions(value['promotions'], { targets, templates, names, findings });
  checkGithubChannels({ targets, templates, channels }, findings);
  const aws = findings.parse(shape.aws, value['aws'] ?? {}, ['aws']);
  if (sections === null) return null;
  return {
    keys,
    clusters: withoutNulls(clusters),
    repositories: withoutNulls(repositories),
    ...deployed,
    previews,
    images,
    promotions,
    channels: withoutNulls(channels),
    aws: { region: aws?.region ?? null, stage: aws?.stage ?? null },
  };
}

function checkKeys(written: unknown, location: ConfigLocation, findings: Findings): Config['keys'] {
  if (Array.isArray(written) && written.length === 0) {
    findings.error(['key'], { message: 'is empty', remedy: 'Write key: env:HEADGATE_KEY, or remove it.' });
  }
  return checkReferences(written, ['key'], { location, findings }) ?? [];
}

function isTemplate(entry: unknown): entry is Readonly<Record<string, unknown>> {
  return isRecord(entry) && entry['forEach'] !== undefined;
}

interface Entry {
  readonly name: string;
  readonly value: unknown;
  readonly path: Path;
}

function checkEntries<T>(
  section: 'clusters' | 'repositories' | 'channels',
  raw: Readonly<Record<string, unknown>>,
  findings: Findings,
  check: (entry: Entry) => T | null,
): ReadonlyMap<string, T | null> {
  const entries = raw[section];
  if (entries === undefined) {
    findings.error([section], { message: 'is missing', remedy: `Add ${section}: with at least one entry.` });
    return new Map();
  }
  if (!isRecord(entries)) {
    findings.error([section], {
      message: 'must be a map',
      remedy: 'Write each entry as a name and a colon, with its keys indented below it.',
    });
    return new Map();
  }
  return new Map(
    Object.entries(entries).map(([name, value]) => {
      const path = [section, name];
      if (!shape.NAME.test(name)) {
        const remedy =
          'Use up to 63 letters, digits, dots, dashes and underscores, beginning and ending with a letter or digit.';
        findings.error(path, { message: 'does not have a valid name', remedy });
      }
      return [name, check({ name, value, path })] as const;
    }),
  );
}

function checkRepositoryNotify(
  written: unknown,
  context: { readonly names: Names; readonly findings: Findings },
): void {
  for (const [name, repository] of isRecord(written) ? Object.entries(written) : []) {
    if (isRecord(repository)) checkNotify(repository['notify'], ['repositories', name, 'notify'], context);
  }
}

function targetList(raw: Readonly<Record<string, unknown>>, findings: Findings): readonly unknown[] {
  const { targets } = raw;
  if (Array.isArray(targets)) {
    if (targets.length === 0) {
      findings.warn(['targets'], { message: 'is empty: nothing is deployed', remedy: 'Add a target.' });
    }
    return targets;
  }
  const message = targets === undefined ? 'is missing' : 'must be a list';
  findings.error(['targets'], {
    message,
    remedy: 'Write each target as a list item: - name: shop-prod, with its other keys below.',
  });
  return [];
}

function firstIndices(
  targets: readonly unknown[],
  isIncluded: (entry: unknown) => boolean,
): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [index, target] of targets.entries()) {
    const written = isRecord(target) && isIncluded(target) ? target['name'] : null;
    const name = typeof written === 'string' ? normalizePlaceholders(written) : null;
    if (name !== null && !indices.has(name)) indices.set(name, index);
  }
  return indices;
}

/** Targets that depend on each other in a cycle would wait forever. */
function checkCycles(targets: readonly (Target | null)[], findings: Findings): void {
  const edges = new Map(
    targets.flatMap((target) => (target === null ? [] : [[target.name, target.dependsOn] as const])),
  );
  for (const cycle of cyclesOf(edges)) {
    const [first = ''] = cycle;
    // A target that depends on itself is already reported.
    if (cycle.length === 1) continue;
    const index = targets.findIndex((target) => target?.name === first);
    findings.error(['targets', index, 'dependsOn'], {
      message: `forms a cycle: ${[...cycle, first].join(' → ')}`,
      remedy: 'Remove one of these dependencies.',
    });
  }
}

/** Below `refs/headgate`, these are directories of records, so that no ref may have their name. */
const RECORD_DIRECTORIES: ReadonlySet<string> = new Set(['images', 'promotions']);

function checkRecordedNames(targets: readonly (Target | null)[], findings: Findings): void {
  for (const [index, target] of targets.entries()) {
    if (target?.repository.record !== 'refs' || !RECORD_DIRECTORIES.has(target.name)) continue;
    findings.error(['targets', index, 'name'], {
      message: `cannot be ${target.name} with record: refs`,
      remedy: 'Rename the target, or set record: none on its repository.',
    });
  }
}

function withoutNulls<T>(map: ReadonlyMap<string, T | null>): ReadonlyMap<string, T> {
  return new Map([...map].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => a.line - b.line);
}

function problemsOf(errors: readonly Finding[], shownAs: string): readonly Problem[] {
  return inOrder(errors).map(({ line, message, remedy }) => ({
    code: 'config-invalid',
    subject: `${shownAs}:${line}`,
    message,
    remedy,
  }));
}
