#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

run(join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'cli', 'main.ts'), process.argv.slice(2));
