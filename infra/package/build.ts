/*
 * Builds what the npm package carries beside the files of the checkout, before `npm pack`: the command and the toolkit
 * (dist/headgate), the declarations of the toolkit (dist/types), the functions and their stack (dist/stack), the licenses
 * and the list of what is bundled (SBOM). The same sources produce the same bytes, wherever the checkout is.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './command.ts';
import { bundledPackages } from './bundled-packages.ts';
import { makeProgram } from '../../src/cli/program.ts';
import { VERSION } from '../../src/app/version.ts';
import { licenseText } from './licenses.ts';
import { manPage } from './man.ts';
import { sbom } from './sbom.ts';
import { packageStack } from './stack.ts';
import { writeTypes } from './types.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const dist = join(root, 'dist');

const silent = { write: () => undefined, isTerminal: false };
const commandLine = makeProgram(
  {
    args: [],
    env: {},
    cwd: root,
    stdout: silent,
    stderr: silent,
    ask: null,
    askSecret: async () => '',
    signal: AbortSignal.abort(),
    nowMs: () => 0,
  },
  { version: VERSION, select: () => undefined },
);

await rm(join(dist, 'headgate'), { recursive: true, force: true });
await rm(join(dist, 'stack'), { recursive: true, force: true });
await rm(join(dist, 'types'), { recursive: true, force: true });
await mkdir(join(dist, 'stack'), { recursive: true });

const inputs = await bundleCommand(root, join(dist, 'headgate', 'cli'));
await writeTypes(root, join(dist, 'types'));
await packageStack(root, join(dist, 'stack'));
// The functions bundle a part of what the command does: both come from the same sources.
const packages = await bundledPackages(root, inputs);
await writeFile(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenseText(packages));
await writeFile(join(dist, 'sbom.cdx.json'), await sbom(root, packages));
await mkdir(join(dist, 'man'), { recursive: true });
await writeFile(join(dist, 'man', 'headgate.1'), manPage(commandLine));
