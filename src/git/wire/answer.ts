import { gitError, UnknownObject } from './git-error.ts';
import { basicAuthorization, loginOf } from './transport.ts';
import type { GitServer } from './transport.ts';

/** A server without `uploadpack.allowFilter` dies at the filter line, which it does not know. */
export class ServerDied extends Error {}

/** Another server says so. */
export class FiltersRefused extends ServerDied {}

/** Band 1 is the pack, 2 progress, 3 a fatal error. */
export function takeBand(payload: Buffer, parts: Buffer[], server: GitServer): void {
  const subject = server.url;
  if (payload[0] === 1) parts.push(payload.subarray(1));
  if (payload[0] === 3)
    throw gitError('git-protocol', {
      subject,
      message: `the server aborted: ${printable(payload.subarray(1), server)}`,
    });
}

/** A line outside of the bands. @throws UnknownObject when it says that the server does not have a wanted object */
export function lineOf(payload: Buffer, server: GitServer): string {
  const subject = server.url;
  const line = payload.toString().trimEnd();
  // git, and JGit.
  const unknown = /not our ref ([0-9a-f]+)|want ([0-9a-f]+) not valid/.exec(line)?.slice(1).find(Boolean);
  if (line.startsWith('ERR ') && unknown !== undefined) throw new UnknownObject(unknown);
  if (line.startsWith('ERR ') && line.includes('filter'))
    throw new FiltersRefused(printable(payload.subarray(4), server));
  if (line.startsWith('ERR '))
    throw gitError('git-protocol', {
      subject,
      message: `the server responded: ${printable(payload.subarray(4), server)}`,
    });
  return line;
}

/** A server may echo the request, and with it the token. */
export function printable(text: Buffer, server: Pick<GitServer, 'login'>): string {
  const login = loginOf(server);
  const secrets = login === null ? [] : [login.token, basicAuthorization(login)];
  return (
    secrets
      .reduce((shown, secret) => shown.replaceAll(secret, '***'), text.toString())
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .trim()
      .slice(0, 200)
  );
}
