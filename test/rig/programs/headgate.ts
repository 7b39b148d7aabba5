import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The program of the command line. */
export const MAIN = join(ROOT, 'src', 'cli', 'main.ts');

/** Node keeps the compiled code here: the next start of the command takes a third of the processor time. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'compile') };
