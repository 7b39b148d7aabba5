/*
 * Builds the Lambda functions: `node infra/build.ts [headgate.yml [out]]`, or `buildFunctions` from the build step in
 * serverless.yml. The same sources produce the same bytes, whatever headgate.yml says: it is only checked here, and reaches the
 * functions as a layer (src/platforms/aws/lambda/config-layer.ts).
 *
 * Each function has its own directory below `out` (default dist/functions), which is packaged as a whole:
 *   webhook/webhook.mjs  handler `webhook.handler`  behind the function URL
 *   deploy/deploy.mjs    handler `deploy.handler`   on the deploy queue (FIFO)
 *   check/check.mjs      handler `check.handler`    on the check queue
 *   sweep/sweep.mjs      handler `sweep.handler`    on a schedule; with the input {"drift":false} it checks only refs
 *   work/work.mjs        handler `work.handler`     on the work queue (FIFO)
 * with chunks/ (loaded on demand).
 *
 * Environment: HEADGATE_DEPLOY_QUEUE_URL (all), HEADGATE_CHECK_QUEUE_URL (deploy, check, work), HEADGATE_DEPLOY_DEAD_QUEUE_URL and
 * HEADGATE_CHECK_DEAD_QUEUE_URL (sweep), HEADGATE_WORK_QUEUE_URL (all, where the stack has the queue), and every `env:` reference in headgate.yml.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BuildOptions, Metafile, OutputFile, Plugin } from 'esbuild';
import { refusedInFunctions } from '../src/platforms/aws/lambda/packable.ts';
import type { Config } from '../src/config/checked/config.ts';
import { readConfig } from '../src/config/checked/read-config.ts';
import type { Problem } from '../src/error/deploy-error.ts';
import { refuseOtherLayer } from './pinned-layer.ts';

export interface BuiltFunctions {
  /** The paths of all written files, relative to `out`, sorted. */
  readonly files: readonly string[];
  /** esbuild's metafile, with the outputs of all functions relative to `out`. */
  readonly metafile: Metafile;
}

/** Every error in the configuration; nothing is built with one. */
export class InvalidConfig extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ subject, message, remedy }) => `${subject}: ${message}. ${remedy}`).join('\n'));
    this.problems = problems;
  }
}

const FUNCTIONS = ['webhook', 'deploy', 'check', 'sweep', 'work'] as const;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export async function buildFunctions(out: string): Promise<BuiltFunctions> {
  await refuseOtherLayer(root);
  const built = await Promise.all(FUNCTIONS.map((name) => buildFunction(name, out)));
  return {
    files: built.flatMap(({ files }) => files).toSorted(),
    metafile: {
      inputs: Object.assign({}, ...built.map(({ metafile }) => metafile.inputs)),
      outputs: Object.assign({}, ...built.map(({ metafile }) => metafile.outputs)),
    },
  };
}

/** @throws InvalidConfig also for what functions do not support */
export async function checkedConfig(file: string): Promise<Config> {
  const path = resolve(file);
  const read = readConfig({ text: await readFile(path, 'utf8'), path, env: process.env });
  if ('problems' in read) throw new InvalidConfig(read.problems);
  const refused = refusedInFunctions(read.config);
  if (refused.length > 0) throw new InvalidConfig(refused);
  return read.config;
}

/** Bundles only the version from package.json: the rest of it is larger than some functions. */
export const versionOnly: Plugin = {
  name: 'version-only',
  setup(bundler) {
    bundler.onLoad({ filter: /\/package\.json$/ }, async ({ path }) => {
      if (path !== join(root, 'package.json')) return null;
      const { version }: { version: string } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** For CommonJS packages that are loaded on demand. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** How every bundle of this project is made. */
export const BUNDLE = {
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // The default prefers CommonJS, which tree-shakes badly.
  mainFields: ['module', 'main'],
  bundle: true,
  splitting: true,
  metafile: true,
  legalComments: 'none',
  // node_modules may be a link; its real path would be in the output.
  preserveSymlinks: true,
  banner: { js: REQUIRE },
} satisfies BuildOptions;

async function buildFunction(name: (typeof FUNCTIONS)[number], out: string): Promise<BuiltFunctions> {
  // Removes only this function's directory, because `out` may contain other files.
  await rm(join(out, name), { recursive: true, force: true });
  const { metafile, outputFiles } = await build({
    ...BUNDLE,
    absWorkingDir: root,
    write: false,
    entryPoints: [join('functions', `${name}.ts`)],
    outdir: resolve(out, name),
    minify: true,
    plugins: [versionOnly],
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
  });
  const written = new Map(await Promise.all(outputFiles.map((file) => writeOutput(file))));
  const outputs = Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, output]) => {
      const file = resolve(root, path);
      return [relative(resolve(out), file), { ...output, bytes: written.get(file) ?? output.bytes }];
    }),
  );
  return { files: Object.keys(outputs), metafile: { inputs: metafile.inputs, outputs } };
}

/** Without the line that defines `require`, where nothing uses it: a function loads dozens of files. Returns its size. */
async function writeOutput({ path, text }: OutputFile): Promise<readonly [path: string, bytes: number]> {
  const banner = `${REQUIRE}\n`;
  const code = text.startsWith(banner) ? text.slice(banner.length) : text;
  const needed = /\brequire\b/.test(code) ? text : code;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, needed);
  return [path, Buffer.byteLength(needed)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [config = process.env['HEADGATE_CONFIG'] ?? 'headgate.yml', out = join('dist', 'functions')] =
    process.argv.slice(2);
  try {
    await checkedConfig(config);
    const { files } = await buildFunctions(out);
    process.stderr.write(`wrote ${files.length} files to ${out}\n`);
  } catch (thrown) {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = 1;
  }
}
