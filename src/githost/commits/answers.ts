import type * as z from 'zod/mini';
import { asRevision } from '../../snapshot/source.ts';
import type { ApiCommitted } from './port.ts';
import type { ApiAnswer } from '../port/host-api.ts';
import type { HostCall } from '../port/pull-requests.ts';
import { reading } from '../rest/answers.ts';
import { messageOf } from '../rest/message.ts';

/** With these the host refuses a commit: the branch has moved, or a rule forbids it. */
const REFUSED: ReadonlySet<number> = new Set([400, 409, 422]);

/** Reads the answer to a commit. `idOf`: the id of the commit in an answer that has this shape. */
export function readingCommit<Shape extends z.ZodMiniType>(
  shape: Shape,
  idOf: (content: z.output<Shape>) => string,
): HostCall<ApiCommitted>['read'] {
  const read = reading(shape, (content) => committed(idOf(content)));
  return (answer) => (REFUSED.has(answer.status) ? refused(answer) : read(answer));
}

export function committed(id: string): ApiCommitted | undefined {
  const revision = asRevision(id);
  return revision === null ? undefined : { kind: 'committed', revision };
}

export function refused({ status, text }: Pick<ApiAnswer, 'status' | 'text'>): ApiCommitted {
  return { kind: 'refused', reason: messageOf(text) ?? `status ${status}` };
}

export function base64Of(content: Uint8Array): string {
  return Buffer.from(content).toString('base64');
}
