import { execFile } from 'node:child_process';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DeployError, asDeployError } from '../../../error/deploy-error.ts';
import type { RenderFile, Tools } from '../../../deploy/ports/tools.ts';
import { folderOf, isBelow, isForeign, KUSTOMIZATION, MANIFEST, objectsIn } from '../../init/manifests.ts';
import { readClone } from '../../init/read-clone.ts';
import type { Clone } from '../../init/read-clone.ts';
import { foreignObject } from '../foreign-object.ts';
import type { ForeignObject } from '../foreign-object.ts';
import type { ClonedPath } from '../imported.ts';
import { contentOf, deployedObject, pathsIn } from '../path-content.ts';
import type { Remark } from '../remarks.ts';

export interface FoundForeign {
  readonly objects: readonly ForeignObject[];
  readonly contents: ReadonlyMap<string, ClonedPath>;
  /** Null: the files are not in a clone, such as the output of kubectl. */
  readonly clone: Clone | null;
  readonly remarks: readonly Remark[];
}

interface Reading {
  readonly tools: Tools;
  readonly signal: AbortSignal;
}

/** Reads objects from files, and follows the paths of the clone that they name: what they deploy may define more of them. */
export async function readFiles(paths: readonly string[], cwd: string, reading: Reading): Promise<FoundForeign> {
  const absolute = paths.map((path) => resolve(cwd, path));
  for (const [index, path] of absolute.entries()) await requirePath(path, paths[index] ?? path);
  const clone = await cloneOf(absolute, reading.signal);
  if (clone === null) {
    const objects = (await Promise.all(absolute.map((path) => objectsBelow(path, cwd)))).flat();
    return { objects: unique(objects), contents: new Map(), clone: null, remarks: [] };
  }
  const wanted = absolute.map((path) => relative(clone.root, path).replaceAll('\\', '/'));
  const isWanted = (file: string) => wanted.some((path) => isBelow(file, path));
  const files = [...clone.files].filter(([file]) => isWanted(file) && !isRendered(file, clone));
  const objects = files.flatMap(([file, text]) => foreignIn(text, file));
  return { ...(await follow(unique(objects), clone, reading)), clone };
}

async function requirePath(path: string, shownAs: string): Promise<void> {
  await stat(path).catch((cause: unknown) => {
    throw new DeployError('usage', {
      subject: shownAs,
      message: 'the path does not exist',
      remedy: 'Pass the directory of one cluster in a clone: --from-files fleet/clusters/production.',
      cause,
    });
  });
}

async function cloneOf([path = '.']: readonly string[], signal: AbortSignal): Promise<Clone | null> {
  const directory = (await stat(path)).isDirectory() ? path : folderOf(path);
  return readClone(directory, signal).catch((thrown: unknown) => {
    if (asDeployError(thrown).code === 'usage') return null;
    throw thrown;
  });
}

/** The parts of a kustomization are read as it renders them, except Flux's own, which defines the first source. */
function isRendered(file: string, { files }: Clone): boolean {
  const folders = [...files.keys()].filter((each) => KUSTOMIZATION.test(each)).map(folderOf);
  return folders.some((folder) => isBelow(file, folder) && !files.has(`${folder}/gotk-sync.yaml`));
}

async function follow(
  first: readonly ForeignObject[],
  clone: Clone,
  reading: Reading,
): Promise<Omit<FoundForeign, 'clone'>> {
  let objects = first;
  const contents = new Map<string, ClonedPath>();
  const remarks: Remark[] = [];
  for (let waiting = pathsIn(objects); waiting.length > 0;) {
    const [path = ''] = waiting;
    const content = contentOf(path, clone.files);
    const text = content.renderer === 'kustomize' ? await built(path, clone, reading) : null;
    if (text !== null && typeof text !== 'string') remarks.push(text);
    const rendered = typeof text === 'string' ? objectsIn(text) : [];
    const isKnown = content.renderer === 'plain' || typeof text === 'string';
    const found = content.renderer === 'plain' ? content.found : rendered.map((object) => ({ file: path, object }));
    contents.set(path, {
      renderer: content.renderer,
      objects: isKnown ? found.map(({ object }) => deployedObject(object)) : null,
    });
    const foreign = found.flatMap(({ file, object }) => (isForeign(object) ? [foreignObject(object, file)] : []));
    // What a kustomization renders replaces the parts that it is made of.
    objects = content.renderer === 'plain' ? unique([...objects, ...foreign]) : unique([...foreign, ...objects]);
    waiting = pathsIn(objects).filter((each) => !contents.has(each));
  }
  return { objects, contents, remarks };
}

const run = promisify(execFile);

/** The output of kustomize; a remark when it cannot be built. */
async function built(path: string, clone: Clone, { tools, signal }: Reading): Promise<string | Remark> {
  try {
    const file = [...clone.files.keys()].find((each) => KUSTOMIZATION.test(each) && folderOf(each) === path) ?? path;
    const output = await tools.kustomize(
      {
        files: await trackedFiles(clone, signal),
        directory: path,
        file,
        loadRestrictor: 'none',
        usesHelm: false,
        usesRemote: false,
      },
      signal,
    );
    return Buffer.from(output).toString();
  } catch (thrown) {
    const { subject, message } = asDeployError(thrown).problem;
    const text = `It cannot be built, so what it deploys is not known: ${subject}: ${message}. Read from the cluster instead.`;
    return { kind: 'untranslated', object: `path ${path}`, file: path, field: 'path', message: text };
  }
}

const LIMIT_BYTES = 1_000_000;

/** A generator may read any file. */
async function trackedFiles({ root }: Clone, signal: AbortSignal): Promise<readonly RenderFile[]> {
  const { stdout } = await run('git', ['-C', root, 'ls-files', '-z'], { signal, maxBuffer: 64_000_000 });
  const files: RenderFile[] = [];
  for (const path of stdout.split('\0').filter((each) => each !== '')) {
    const file = join(root, path);
    const isSmall = await stat(file).then(
      (found) => found.isFile() && found.size <= LIMIT_BYTES,
      () => false,
    );
    if (isSmall) files.push({ path, bytes: await readFile(file) });
  }
  return files;
}

async function objectsBelow(path: string, cwd: string): Promise<readonly ForeignObject[]> {
  const isFolder = (await stat(path)).isDirectory();
  const names = isFolder ? (await readdir(path, { recursive: true })).filter((name) => MANIFEST.test(name)) : [''];
  const read = names.map(async (name) => {
    const file = name === '' ? path : join(path, name);
    return foreignIn(await readFile(file, 'utf8'), relative(cwd, file));
  });
  return (await Promise.all(read)).flat();
}

function foreignIn(text: string, file: string): readonly ForeignObject[] {
  return objectsIn(text).flatMap((object) => (isForeign(object) ? [foreignObject(object, file)] : []));
}

/** The first of each name. */
function unique(objects: readonly ForeignObject[]): readonly ForeignObject[] {
  const byName = new Map<string, ForeignObject>();
  for (const object of objects) {
    const key = [object.group, object.kind, object.namespace, object.name].join('/');
    if (!byName.has(key)) byName.set(key, object);
  }
  return [...byName.values()];
}
