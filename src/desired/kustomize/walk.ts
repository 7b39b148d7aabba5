import { cutEnd, inCharacters } from '../../error/cut-text.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { isObject } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';
import { isBelow } from '../../snapshot/source.ts';
import type { ObjectId, PathContent } from '../../snapshot/source.ts';
import { readYaml } from '../../resource/yaml.ts';
import { KUSTOMIZATION_FILES } from '../plain/rendered-folder.ts';
import { fieldLines, readKustomization } from './kustomization.ts';
import { inlinePlugins, listAt, pluginReferences, referencesOf, secretLiterals } from './references.ts';
import type { Reference } from './references.ts';
import { remoteHost, resolve, joinPaths } from './paths.ts';
import { misspelledFields } from './spelling.ts';

export interface WalkOptions {
  readonly remoteBases: readonly string[];
  readonly loadRestrictor: 'root-only' | 'none';
}

/** The inputs of a kustomization, found so far; complete when nothing is missing. */
export interface Walk {
  /** The paths to read next. */
  readonly missing: readonly string[];
  /** Files, and charts as whole directories; null: does not exist. */
  readonly inputs: ReadonlyMap<string, ObjectId | null>;
  readonly charts: readonly { readonly path: string; readonly oid: ObjectId }[];
  readonly problems: readonly Problem[];
  /** The kustomization file of the root. */
  readonly file: string | null;
  readonly usesRemote: boolean;
  /** Text that becomes the value of a Secret: no error may contain it. */
  readonly secrets: readonly string[];
}

const LIMIT = 5000;

/** Follows a kustomization to everything it refers to. Pure: call it again with the missing paths until none are missing. */
export function walkKustomization(root: string, have: ReadonlyMap<string, PathContent>, options: WalkOptions): Walk {
  return new Walker(have, options).walk(root);
}

interface At {
  readonly directory: string;
  /** The kustomization file. */
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

  /** `plugins`: the kustomization that uses the output of this one as plugin configurations. */
  #visit(directory: string, { from, plugins }: { from: (() => Problem) | null; plugins: At | null }): string | null {
    const key = `${directory}\n${plugins?.directory ?? ''}`;
    if (this.#visited.has(key)) return null;
    this.#visited.add(key);
    if (this.#inputs.size > LIMIT) {
      if (!this.#problems.some(({ code }) => code === 'render-limit')) this.#problems.push(tooMany(directory));
      return null;
    }
    const names = KUSTOMIZATION_FILES.map((name) => joinPaths(directory, name));
    const contents = names.map((name) => this.#read(name));
    if (contents.includes(undefined)) return null;
    const found = contents.filter((content) => content !== undefined && content.kind !== 'absent');
    for (const name of names) this.#inputs.set(name, null);
    const [content, second] = found;
    if (content === undefined || second !== undefined) {
      const message = content === undefined ? 'has no kustomization file' : 'has more than one kustomization file';
      this.#problems.push(from === null ? refusal(directory, message, 'Keep exactly one in this directory.') : from());
      return null;
    }
    if (content.kind !== 'file') {
      this.#problems.push(refusal(content.path, notAFile(content), 'Replace it with a regular file.'));
      return null;
    }
    this.#inputs.set(content.path, content.oid);
    const read = readKustomization(content.bytes);
    if (read.kind === 'error') this.#problems.push(invalidYaml(content.path, read));
    else this.#follow(read.value, { directory, file: content.path, lineOf: fieldLines(content.bytes) }, plugins);
    return content.path;
  }

  #follow(kustomization: JsonObject, at: At, plugins: At | null): void {
    this.#refuseMisspelled(kustomization, at, []);
    if (isObject(kustomization['helmGlobals']) && kustomization['helmGlobals']['configHome'] !== undefined)
      this.#refuse(at, ['helmGlobals', 'configHome'], 'a repository must not set the configuration of Helm');
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
          `${quoted(reference)} is encrypted, and a generator would use the ciphertext`,
          {
            remedy: 'Encrypt the Secret itself, and add its manifest to resources.',
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
    const content = this.#have.get(path);
    if (content?.kind === 'symlink' || content?.kind === 'submodule')
      return this.#refuse(at, reference.field, `${quoted(reference)} ${notAFile(content)}`);
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
        `${quoted(reference)} is neither a file nor a directory with exactly one kustomization file`,
      );
    this.#visit(path, { from, plugins: reference.kind === 'plugin' ? at : null });
  }

  /** A path with a kustomization file below it is a directory; otherwise its own content must be read. */
  #isDirectory(path: string): boolean {
    const isKnown = KUSTOMIZATION_FILES.some((name) => this.#have.get(joinPaths(path, name))?.kind === 'file');
    if (isKnown) return true;
    const content = this.#have.get(path);
    if (content === undefined) for (const name of KUSTOMIZATION_FILES) this.#read(joinPaths(path, name));
    return content?.kind === 'tree';
  }

  #file(path: string, reference: Reference, at: At): Extract<PathContent, { kind: 'file' }> | null {
    const content = this.#read(path);
    if (content === undefined) return null;
    this.#inputs.set(path, content.kind === 'file' ? content.oid : null);
    if (content.kind === 'file') return content;
    this.#refuse(at, reference.field, `${quoted(reference)} ${notAFile(content)}`);
    return null;
  }

  #chart(path: string, reference: Reference, at: At): void {
    const content = this.#read(path);
    if (content === undefined) return;
    this.#inputs.set(path, content.kind === 'tree' ? content.oid : null);
    if (content.kind === 'tree') {
      this.#charts.set(path, content.oid);
      return;
    }
    const host = remoteHost(reference.repository ?? '');
    if (host !== null) return this.#remote(host, reference, at);
    this.#refuse(at, reference.field, `the chart is not in the repository: ${path} ${notAFile(content)}`);
  }

  #plugins(text: string, field: Reference['field'], { at, loader }: { at: At; loader: At }): void {
    for (const result of readYaml(text)) {
      if (result.kind !== 'document' || !isObject(result.document.value)) continue;
      this.#refuseMisspelled(result.document.value, at, field);
      this.#secrets.push(...secretLiterals([result.document.value]));
      const references = pluginReferences(result.document.value, field);
      if (references === null)
        this.#refuse(at, field, 'only builtin generators and transformers are allowed, not plugins, functions or exec');
      else for (const reference of references) this.#reference(reference, { ...at, directory: loader.directory }, null);
    }
  }

  /** `of`: the field that the value is a plugin's configuration of; [] for the kustomization itself. */
  #refuseMisspelled(value: JsonObject, at: At, of: Reference['field']): void {
    for (const { field, key, expected } of misspelledFields(value))
      this.#refuse(at, of.length > 0 ? of : field, `${JSON.stringify(key)} is not the exact name of a field`, {
        remedy: `Write ${expected}.`,
      });
  }

  #remote(host: string, reference: Reference, at: At): void {
    this.#usesRemote = true;
    if (this.#options.remoteBases.includes(host)) return;
    this.#refuse(
      at,
      reference.field,
      `${quoted(reference)} is on ${host}, which is not listed in kustomize.remoteBases of the target`,
      {
        remedy: `Copy it into the repository, or add ${host} to kustomize.remoteBases of the target in headgate.yml.`,
      },
    );
  }

  #refuseRestricted(reference: Reference, at: At): void {
    this.#refuse(
      at,
      reference.field,
      `${quoted(reference)} is outside ${at.directory === '' ? 'the repository' : at.directory}`,
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
      remedy: 'Fix the path, or what it refers to.',
    };
  }

  #read(path: string): PathContent | undefined {
    const content = this.#have.get(path);
    if (content === undefined) this.#missing.add(path);
    return content;
  }
}

function quoted({ path }: Reference): string {
  return JSON.stringify(cutEnd(path, inCharacters(100)));
}

function notAFile(content: PathContent): string {
  switch (content.kind) {
    case 'absent':
      return 'does not exist';
    case 'symlink':
      return 'is a symbolic link, which is never followed';
    case 'submodule':
      return 'is a submodule, which is never read';
    case 'refused':
      return `is ${content.reason}`;
    case 'tree':
      return 'is a directory';
    case 'file':
      return 'is a file';
    default:
      return content satisfies never;
  }
}

function refusal(subject: string, message: string, remedy: string): Problem {
  return {
    code: 'render-refused',
    subject: subject === '' ? '.' : subject,
    message,
    remedy,
  };
}

function invalidYaml(path: string, { line, message }: { line: number; message: string }): Problem {
  return {
    code: 'render-failed',
    subject: `${path}:${line}`,
    message,
    remedy: 'Fix the YAML on this line or shortly above it.',
  };
}

/** Whether a generator copies the file's content into an object unchanged. */
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
