#!/usr/bin/env node
// Runs the built command of the npm package, or in a checkout the TypeScript sources.
// Only imports that Node 14 knows: an older Node must be able to read this file to report that it is too old.
import { existsSync } from 'fs';
import { homedir } from 'os';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'src', 'cli', 'main.ts');

if (existsSync(sources)) {
  // Node keeps what it compiled, which halves every later start. Where it cannot write there, it goes without.
  if (process.env['NODE_COMPILE_CACHE'] === undefined)
    process.env['NODE_COMPILE_CACHE'] = join(root, 'node_modules', '.cache', 'headgate');
  import('./run.js').then(({ run }) => run(sources, process.argv.slice(2)));
} else if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `headgate requires Node.js 24 or later, and this is ${process.version}. Install it from https://nodejs.org, or run: npx --package=node@24 --package=headgate headgate\n`,
  );
  process.exitCode = 1;
} else {
  const { HEADGATE_CACHE: own, XDG_CACHE_HOME: shared } = process.env;
  const cache = own || join(shared || join(homedir(), '.cache'), 'headgate');
  import('module')
    .then(({ enableCompileCache }) => enableCompileCache(join(cache, 'compiled')))
    .then(() => import('../dist/headgate/cli/main.js'));
}
