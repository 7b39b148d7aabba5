#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// Node keeps what it compiled, which halves every later start. Where it cannot write there, it goes without.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules', '.cache', 'headgate');
run(join(root, 'src', 'cli', 'main.ts'), process.argv.slice(2));
