/*
 * Builds what the npm package carries beside the files of the checkout, before `npm pack`: the command (dist/headgate),
 * the functions and their stack (dist/stack), the licenses and the list of what is bundled (SBOM). The same sources
 * produce the same bytes, wherever the checkout is.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './command.ts';
import { bundledPackages } from './bundled-packages.ts';
import { licenseText } from './licenses.ts';
import { sbom } from './sbom.ts';
import { packageStack } from './stack.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dist = join(root, 'dist');

await rm(join(dist, 'headgate'), { recursive: true, force: true });
await rm(join(dist, 'stack'), { recursive: true, force: true });
await mkdir(join(dist, 'stack'), { recursive: true });

const inputs = await bundleCommand(root, join(dist, 'headgate', 'cli'));
await packageStack(root, join(dist, 'stack'));
// The functions bundle a part of what the command does: both come from the same sources.
const packages = await bundledPackages(root, inputs);
await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenseText(packages));
await writeFile(join(dist, 'sbom.cdx.json'), await sbom(root, packages));
