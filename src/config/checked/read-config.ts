import { basename, dirname } from 'node:path';
import type { Problem } from '../../error/deploy-error.ts';
import { checkCluster } from './check-cluster.ts';
import type { Places } from './check-cluster.ts';
import { checkRepository } from './check-repository.ts';
import { checkTargetTemplate } from './check-target-template.ts';
import type { Names } from './check-settings.ts';
import { checkTarget } from './check-target.ts';
import type { Config, TargetTemplate, Target } from './config.ts';
import { cyclesOf } from './dependency-cycles.ts';
import { isRecord, readDocument } from '../written/document.ts';
import type { ConfigDocument, Mistake, Path } from '../written/document.ts';
import { collectFindings } from '../written/findings.ts';
import type { Findings } from '../written/findings.ts';
import * as shape from '../written/shape.ts';
import { normalTemplate } from '../written/placeholders.ts';

export interface ConfigFile {
  readonly text: string;
  /** Absolute: relative paths in the file begin at its directory. */
  readonly path: string;
  /** The file as messages name it; default its last part. */
  readonly shownAs?: string;
  /** `HOME` is what `~` stands for. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export type ReadConfig = { readonly config: Config } | { readonly problems: readonly Problem[] };

/** The written form becomes the checked form, or every mistake is named at once. Never throws. */
export function readConfig(file: ConfigFile): ReadConfig {
  const shownAs = file.shownAs ?? basename(file.path);
  const { document, mistakes } = readDocument(file.text);
  if (document === null) return { problems: problemsOf(mistakes, shownAs) };
  const findings = collectFindings(document);
  const places = { directory: dirname(file.path), home: file.env?.['HOME'] ?? null, shownAs: basename(shownAs) };
  const config = checkFile(document, places, findings);
  if (config === null || findings.mistakes.length > 0) return { problems: problemsOf(findings.mistakes, shownAs) };
  const warnings = inOrder(findings.warnings).map(
    ({ line, message, remedy }) => `${shownAs}:${line} ${message}. ${remedy}`,
  );
  return { config: { ...config, warnings } };
}

function checkFile({ value }: ConfigDocument, places: Places, findings: Findings): Omit<Config, 'warnings'> | null {
  const sections = findings.parse(shape.file, value, []);
  if (!isRecord(value)) return null;
  const clusters = checkEntries('clusters', value, findings, (entry) => checkCluster(entry, places, findings));
  const repositories = checkEntries('repositories', value, findings, (entry) =>
    checkRepository(entry, places, findings),
  );
  const list = targetList(value, findings);
  const names: Names = {
    clusters,
    repositories,
    targets: firstIndices(list, (entry) => !isTemplate(entry)),
    templates: firstIndices(list, isTemplate),
  };
  const targets: (Target | null)[] = [];
  const templates: (TargetTemplate | null)[] = [];
  for (const [index, written] of list.entries()) {
    const entry = { path: ['targets', index], index, names, places, findings };
    targets.push(isTemplate(written) ? null : checkTarget(written, entry));
    templates.push(isTemplate(written) ? checkTargetTemplate(written, entry) : null);
  }
  checkCycles(targets, findings);
  if (sections === null) return null;
  return {
    clusters: withoutNulls(clusters),
    repositories: withoutNulls(repositories),
    targets: targets.filter((target) => target !== null),
    templates: templates.filter((template) => template !== null),
  };
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
  section: 'clusters' | 'repositories',
  raw: Readonly<Record<string, unknown>>,
  findings: Findings,
  check: (entry: Entry) => T | null,
): ReadonlyMap<string, T | null> {
  const entries = raw[section];
  if (entries === undefined) {
    findings.mistake([section], { message: 'is missing', remedy: `Add ${section}: with one entry at least.` });
    return new Map();
  }
  if (!isRecord(entries)) {
    findings.mistake([section], {
      message: 'must be a map',
      remedy: 'Write a name and a colon, and its keys below it, indented.',
    });
    return new Map();
  }
  return new Map(
    Object.entries(entries).map(([name, value]) => {
      const path = [section, name];
      if (!shape.NAME.test(name)) {
        const remedy = 'Use up to 63 letters, digits, dots, dashes and underscores, a letter or digit at both ends.';
        findings.mistake(path, { message: 'has no proper name', remedy });
      }
      return [name, check({ name, value, path })] as const;
    }),
  );
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
  findings.mistake(['targets'], {
    message,
    remedy: 'Write each target as an item: - name: shop-prod, and its keys below.',
  });
  return [];
}

function firstIndices(targets: readonly unknown[], isMeant: (entry: unknown) => boolean): ReadonlyMap<string, number> {
  const indices = new Map<string, number>();
  for (const [index, target] of targets.entries()) {
    const written = isRecord(target) && isMeant(target) ? target['name'] : null;
    const name = typeof written === 'string' ? normalTemplate(written) : null;
    if (name !== null && !indices.has(name)) indices.set(name, index);
  }
  return indices;
}

/** Targets that wait for each other would wait for ever. */
function checkCycles(targets: readonly (Target | null)[], findings: Findings): void {
  const edges = new Map(
    targets.flatMap((target) => (target === null ? [] : [[target.name, target.dependsOn] as const])),
  );
  for (const cycle of cyclesOf(edges)) {
    const [first = ''] = cycle;
    // A target that names itself has been told.
    if (cycle.length === 1) continue;
    const index = targets.findIndex((target) => target?.name === first);
    findings.mistake(['targets', index, 'dependsOn'], {
      message: `leads back to it: ${[...cycle, first].join(' → ')}`,
      remedy: 'Take one of these out.',
    });
  }
}

function withoutNulls<T>(map: ReadonlyMap<string, T | null>): ReadonlyMap<string, T> {
  return new Map([...map].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
}

function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes.toSorted((a, b) => a.line - b.line);
}

function problemsOf(mistakes: readonly Mistake[], shownAs: string): readonly Problem[] {
  return inOrder(mistakes).map(({ line, message, remedy }) => ({
    code: 'config-invalid',
    subject: `${shownAs}:${line}`,
    message,
    remedy,
  }));
}
