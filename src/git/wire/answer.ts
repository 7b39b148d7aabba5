import { beginningOf } from '../../error/cut-text.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import { gitError, ServerDied, UnknownObject } from './git-error.ts';

/** The URL of the repository, and what no message may show. */
export interface AnswerContext {
  readonly subject: string;
  readonly secrets: readonly string[];
}

/* What a server answers when it does not do what was requested. Loaded only in that case. */

/** The error in a line `ERR …`. */
export function refusalOf(
  payload: Buffer,
  { subject, secrets }: AnswerContext,
): DeployError | UnknownObject | ServerDied {
  const line = payload.toString();
  const shown = printable(payload.subarray('ERR '.length), secrets);
  // git, and JGit.
  const unknown = /not our ref ([0-9a-f]+)|want ([0-9a-f]+) not valid/.exec(line)?.slice(1).find(Boolean);
  if (unknown !== undefined) return new UnknownObject(unknown);
  if (line.includes('filter')) return new ServerDied(shown, true);
  return gitError('git-protocol', { subject, message: `the server responded: ${shown}` });
}

/** The error in band 3. */
export function fatalError(payload: Buffer, { subject, secrets }: AnswerContext): DeployError {
  const message = `the server aborted: ${printable(payload.subarray(1), secrets)}`;
  return gitError('git-protocol', { subject, message });
}

/** A server may echo the request, and with it the token. */
export function printable(text: Buffer, secrets: readonly string[]): string {
  const line = secrets
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text.toString())
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return beginningOf(line, 200);
}
