import type { Problem } from '../../error/deploy-error.ts';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { ObjectId, PathContent } from '../../snapshot/source.ts';
import { readYaml } from '../../resource/yaml.ts';
import { KUSTOMIZATION_FILES, fieldLines, readKustomization } from './kustomization.ts';
import { inlinePlugins, listAt, pluginReferences, referencesOf, secretLiterals } from './references.ts';
import type { Reference } from './references.ts';

export interface WalkOptions {
  readonly remoteBases: readonly string[];
  readonly loadRestrictor: 'root-only' | 'none';
}

/** What a kustomization is built from, as far as `have` tells: it is complete when nothing is missing. */
export interface Walk {
  /** Where to look next. */
  readonly missing: readonly string[];
  /** Files, and charts as whole directories; null: looked for and not there. */
  readonly inputs: ReadonlyMap<string, ObjectId | null>;
  readonly charts: readonly { readonly path: string; readonly oid: ObjectId }[];
  readonly problems: readonly Problem[];
  /** The kustomization file of the root. */
  readonly file: string | null;
  readonly usesRemote: boolean;
  /** What becomes the value of a Secret: no error may repeat it. */
  readonly secrets: readonly string[];
}

const LIMIT = 5000;

/** Follows a kustomization to everything that it refers to. Pure: called again with what was missing until nothing is. */
export function walkKustomization(root: string, have: ReadonlyMap<string, PathContent>, options: WalkOptions): Walk {
  return new Walker(have, options).walk(root);
}

interface At {
  readonly directory: string;
  /** The kustomization file, and what it says. */
  readonly file: string;
  readonly lineOf: ReturnType<typeof fieldLines>;
}

class Walker {
  readonly #have: ReadonlyMap<string, PathContent>;
  readonly #options: WalkOptions;
  readonly #missing = new Set<string>();
  readonly #inputs = new Map<string, ObjectId | null>();
  readonly #charts = new Map<string, ObjectId>();
  readonly #problems: Problem[] = [];
  readonly #visited = new Set<string>();
  readonly #secrets: string[] = [];
  #usesRemote = false;

  constructor(have: ReadonlyMap<string, PathContent>, options: WalkOptions) {
    this.#have = have;
    this.#options = options;
  }

  walk(root: string): Walk {
    const file = this.#visit(root, { from: null, plugins: null });
    return {
      missing: [...this.#missing],
      inputs: this.#inputs,
      charts: [...this.#charts].map(([path, oid]) => ({ path, oid })),
      problems: this.#problems,
      file,
      usesRemote: this.#usesRemote,
      secrets: this.#secrets,
    };
  }

  /** `plugins`: the kustomization that takes what comes out of this one as configurations of plugins. */
  #visit(directory: string, { from, plugins }: { from: (() => Problem) | null; plugins: At | null }): string | null {
    const key = `${directory}\n${plugins?.directory ?? ''}`;
    if (this.#visited.has(key)) return null;
    this.#visited.add(key);
    if (this.#inputs.size > LIMIT) {
      if (!this.#problems.some(({ code }) => code === 'render-limit')) this.#problems.push(tooMany(directory));
      return null;
    }
    const names = KUSTOMIZATION_FILES.map((name) => joinPaths(directory, name));
    const standings = names.map((name) => this.#look(name));
    if (standings.includes(undefined)) return null;
    const found = standings.filter((standing) => standing !== undefined && standing.kind !== 'absent');
    for (const name of names) this.#inputs.set(name, null);
    const [standing, second] = found;
    if (standing === undefined || second !== undefined) {
      const message = standing === undefined ? 'has no kustomization file' : 'has more than one kustomization file';
      this.#problems.push(from === null ? refusal(directory, message) : from());
      return null;
    }
    if (standing.kind !== 'file') {
      this.#problems.push(refusal(standing.path, notAFile(standing)));
      return null;
    }
    this.#inputs.set(standing.path, standing.oid);
    const read = readKustomization(standing.bytes);
    if (read.kind === 'error') this.#problems.push(mistake(standing.path, read));
    else this.#follow(read.value, { directory, file: standing.path, lineOf: fieldLines(standing.bytes) }, plugins);
    return standing.path;
  }

  #follow(kustomization: JsonObject, at: At, plugins: At | null): void {
    if (isObject(kustomization['helmGlobals']) && kustomization['helmGlobals']['configHome'] !== undefined)
      this.#refuse(at, ['helmGlobals', 'configHome'], 'the configuration of Helm is not the repository’s to choose');
    this.#secrets.push(...secretLiterals(listAt(kustomization, 'secretGenerator')));
    for (const { text, field } of inlinePlugins(kustomization)) this.#plugins(text, field, { at, loader: at });
    for (const reference of referencesOf(kustomization)) this.#reference(reference, at, plugins);
  }

  #reference(reference: Reference, at: At, plugins: At | null): void {
    const host = remoteHost(reference.path);
    if (host !== null) return this.#remote(host, reference, at);
    const path = resolve(at.directory, reference.path);
    if (path === null) return this.#refuse(at, reference.field, `${quoted(reference)} leaves the repository`);
    if (reference.kind === 'chart') return this.#chart(path, reference, at);
    const isRestricted = this.#options.loadRestrictor === 'root-only' && !isBelow(path, at.directory);
    if (reference.kind === 'file') {
      if (isRestricted) return this.#refuseRestricted(reference, at);
      const found = this.#file(path, reference, at);
      if (found === null) return;
      if (reference.isSecret === true) this.#secrets.push(Buffer.from(found.bytes).toString());
      if (isGenerated(reference) && Buffer.from(found.bytes).includes('ENC[AES256_GCM,'))
        this.#refuse(
          at,
          reference.field,
          `${quoted(reference)} is encrypted, and a generator would take the ciphertext`,
          {
            remedy: 'Encrypt the Secret itself, as a manifest among the resources.',
          },
        );
      return;
    }
    if (reference.kind === 'base' || this.#isDirectory(path)) return this.#directory(path, reference, at);
    const file = this.#file(path, reference, at);
    if (file === null) return;
    if (isRestricted) return this.#refuseRestricted(reference, at);
    const loader = reference.kind === 'plugin' ? at : plugins;
    if (loader !== null) this.#plugins(Buffer.from(file.bytes).toString(), reference.field, { at, loader });
  }

  #directory(path: string, reference: Reference, at: At): void {
    const standing = this.#have.get(path);
    if (standing?.kind === 'symlink' || standing?.kind === 'submodule')
      return this.#refuse(at, reference.field, `${quoted(reference)} ${notAFile(standing)}`);
    if (path === at.directory || isBelow(at.directory, path))
      return this.#refuse(
        at,
        reference.field,
        `${quoted(reference)} is the kustomization itself or a directory above it`,
      );
    const from = () =>
      this.#problem(
        at,
        reference.field,
        `${quoted(reference)} is no file, and no directory with one kustomization file`,
      );
    this.#visit(path, { from, plugins: reference.kind === 'plugin' ? at : null });
  }

  /** Known to be one when it holds a kustomization file; else it is looked at. */
  #isDirectory(path: string): boolean {
    const isKnown = KUSTOMIZATION_FILES.some((name) => this.#have.get(joinPaths(path, name))?.kind === 'file');
    if (isKnown) return true;
    const standing = this.#have.get(path);
    if (standing === undefined) for (const name of KUSTOMIZATION_FILES) this.#look(joinPaths(path, name));
    return standing?.kind === 'tree';
  }

  #file(path: string, reference: Reference, at: At): Extract<PathContent, { kind: 'file' }> | null {
    const standing = this.#look(path);
    if (standing === undefined) return null;
    this.#inputs.set(path, standing.kind === 'file' ? standing.oid : null);
    if (standing.kind === 'file') return standing;
    this.#refuse(at, reference.field, `${quoted(reference)} ${notAFile(standing)}`);
    return null;
  }

  #chart(path: string, reference: Reference, at: At): void {
    const standing = this.#look(path);
    if (standing === undefined) return;
    this.#inputs.set(path, standing.kind === 'tree' ? standing.oid : null);
    if (standing.kind === 'tree') {
      this.#charts.set(path, standing.oid);
      return;
    }
    const host = remoteHost(reference.repository ?? '');
    if (host !== null) return this.#remote(host, reference, at);
    this.#refuse(at, reference.field, `the chart is not in the repository: ${path} ${notAFile(standing)}`);
  }

  #plugins(text: string, field: Reference['field'], { at, loader }: { at: At; loader: At }): void {
    for (const result of readYaml(text)) {
      if (result.kind !== 'document' || !isObject(result.document.value)) continue;
      this.#secrets.push(...secretLiterals([result.document.value]));
      const references = pluginReferences(result.document.value, field);
      if (references === null)
        this.#refuse(at, field, 'only builtin generators and transformers run: plugins, functions and exec never do');
      else for (const reference of references) this.#reference(reference, { ...at, directory: loader.directory }, null);
    }
  }

  #remote(host: string, reference: Reference, at: At): void {
    this.#usesRemote = true;
    if (this.#options.remoteBases.includes(host)) return;
    this.#refuse(at, reference.field, `${quoted(reference)} is read from ${host}, which the target does not list`, {
      remedy: `Copy it into the repository, or add ${host} to kustomize.remoteBases of the target in headgate.yml.`,
    });
  }

  #refuseRestricted(reference: Reference, at: At): void {
    this.#refuse(
      at,
      reference.field,
      `${quoted(reference)} is outside of ${at.directory === '' ? 'the repository' : at.directory}`,
      {
        remedy:
          'Move the file below its kustomization, or set kustomize.loadRestrictor: none on the target in headgate.yml.',
      },
    );
  }

  #refuse(at: At, field: Reference['field'], message: string, more: { remedy?: string } = {}): void {
    this.#problems.push({ ...this.#problem(at, field, message), ...more });
  }

  #problem({ file, lineOf }: At, field: Reference['field'], message: string): Problem {
    const where = field
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
      .join('')
      .slice(1);
    return {
      code: 'render-refused',
      subject: `${file}:${lineOf(field)}`,
      message: `${where}: ${message}`,
      remedy: 'Mend the path, or what stands there.',
    };
  }

  #look(path: string): PathContent | undefined {
    const standing = this.#have.get(path);
    if (standing === undefined) this.#missing.add(path);
    return standing;
  }
}

/** The host that kustomize would ask for this reference; null: it is a path (kustomize 5.8, api/internal/git/repospec.go). */
export function remoteHost(reference: string): string | null {
  const text = reference.trim().replace(/^git::/, '');
  if (text.startsWith('gh:')) return 'github.com';
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/:?#]*)/i.exec(text) ?? /^[\w.-]+@([\w.-]+)[:/]/.exec(text);
  if (url !== null) return url[1] === '' ? 'this machine' : (url[1] ?? '').toLowerCase();
  if (/^github\.com[:/]/i.test(text)) return 'github.com';
  return text === reference.trim() ? null : 'an unknown host';
}

/** A path of the repository; null when it leaves it. */
export function resolve(directory: string, path: string): string | null {
  // oxlint-disable-next-line no-control-regex
  if (path === '' || path.startsWith('/') || path.includes('\\') || /[\u0000-\u001f\u007f]/.test(path)) return null;
  const parts = directory === '' ? [] : directory.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

export function joinPaths(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

function quoted({ path }: Reference): string {
  return JSON.stringify(path.length > 100 ? `${path.slice(0, 99)}…` : path);
}

function notAFile(standing: PathContent): string {
  switch (standing.kind) {
    case 'absent':
      return 'does not exist';
    case 'symlink':
      return 'is a symbolic link, which is never followed';
    case 'submodule':
      return 'is a submodule, which is not read';
    case 'refused':
      return `is ${standing.reason}`;
    case 'tree':
      return 'is a directory';
    case 'file':
      return 'is a file';
    default:
      return standing satisfies never;
  }
}

function refusal(subject: string, message: string): Problem {
  return {
    code: 'render-refused',
    subject: subject === '' ? '.' : subject,
    message,
    remedy: 'Mend what stands there.',
  };
}

function mistake(path: string, { line, message }: { line: number; message: string }): Problem {
  return {
    code: 'render-failed',
    subject: `${path}:${line}`,
    message,
    remedy: 'Mend the YAML here or shortly above.',
  };
}

/** Of a generator: its content goes into an object as it is. */
function isGenerated({ field }: Reference): boolean {
  return field.includes('configMapGenerator') || field.includes('secretGenerator') || field.includes('generators');
}

function tooMany(directory: string): Problem {
  return {
    code: 'render-limit',
    subject: directory,
    message: `the kustomization refers to more than ${LIMIT} files`,
    remedy: 'Split the target.',
  };
}
