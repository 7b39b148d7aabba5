import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The command line program. */
export const MAIN = join(ROOT, 'src', 'cli', 'main.ts');

/** Node caches compiled code here: the next start of the command takes a third of the CPU time. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compile') };
