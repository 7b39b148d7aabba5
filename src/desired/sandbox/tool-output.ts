import { join } from 'node:path';
import { DeployError } from '../../error/deploy-error.ts';
import { renderProblem } from '../plain/tool-error.ts';
import type { ToolResult } from './run-tool.ts';

/** @throws DeployError with what the program said last. */
export function outputOf(
  end: ToolResult,
  { file, directory, paths }: { file: string; directory: string; paths: ReadonlySet<string> },
): Uint8Array {
  switch (end.kind) {
    case 'output':
      return end.bytes;
    case 'failed': {
      const problem = renderProblem(end.words, { file, root: join(directory, 'repository'), paths });
      throw new DeployError(problem.code, problem);
    }
    case 'limit':
      throw new DeployError('render-limit', {
        subject: file,
        message: `rendering was stopped: ${end.what}`,
        remedy: 'Look for a loop, or for something very large.',
      });
    case 'interrupted':
      throw new DeployError('interrupted', {
        subject: file,
        message: 'rendering was interrupted',
        remedy: 'Nothing to do: it is rendered again by the next run.',
      });
    default:
      return end satisfies never;
  }
}
