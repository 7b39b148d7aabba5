import type { Environment } from './find-tools.ts';
import type { ToolLimits } from './run-tool.ts';

/** Each render is a process of some ten to some hundred MB. */
export const MAX_CONCURRENT_RENDERS = 2;

/** Of a function: Node itself, and a run that reads a large repository (docs/benchmarks.md). */
const OWN_MB = 384;
const LEAST_MB = 128;
const MB = 1024 * 1024;

/** In a function, all renders and Node share its memory: a render that takes more is reported, instead of ending the whole batch. */
export function renderMemory(env: Environment): Partial<ToolLimits> {
  const megabytes = Number(env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? '');
  if (!(megabytes > 0)) return {};
  const each = Math.floor((megabytes - OWN_MB) / MAX_CONCURRENT_RENDERS);
  return { memoryBytes: Math.max(each, LEAST_MB) * MB };
}
