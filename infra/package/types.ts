import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';

/** The entry of `headgate/toolkit`, below src and below the declarations. */
const ENTRY = join('toolkit', 'toolkit.d.ts');

/**
 * Writes the declarations of the toolkit to `out`: the entry, and the files that it refers to. A declaration that refers to
 * another package is refused: this one installs none.
 */
export async function writeTypes(root: string, out: string): Promise<void> {
  const emitted = await mkdtemp(join(tmpdir(), 'headgate-types-'));
  try {
    emitDeclarations(root, emitted);
    for (const [path, text] of await reachable(emitted)) {
      await mkdir(dirname(join(out, path)), { recursive: true });
      await writeFile(join(out, path), text);
    }
  } finally {
    await rm(emitted, { recursive: true });
  }
}

function emitDeclarations(root: string, out: string): void {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(root, 'infra', 'package', 'tsconfig.types.json');
  const args = [compiler, '--project', project, '--outDir', out];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`tsc failed: ${stdout}${stderr}`);
}

async function reachable(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const open = [ENTRY];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    const text = await readFile(join(folder, path), 'utf8');
    found.set(
      path,
      text.replaceAll(SPECIFIER, (whole) => whole.replace(/\.ts(?=['"]$)/, '.js')),
    );
    for (const [, specifier = ''] of text.matchAll(SPECIFIER)) {
      if (!specifier.startsWith('.')) throw new Error(`the declaration ${path} refers to the package ${specifier}`);
      open.push(normalize(join(dirname(path), specifier)).replace(/\.ts$/, '.d.ts'));
    }
  }
  return found;
}

const SPECIFIER = /(?<=\bfrom |\bimport\()['"]([^'"]+)['"]/g;
