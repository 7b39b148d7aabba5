import { execFile } from 'node:child_process';

/** From util-linux. A renderer has an empty PATH, so the command is named in full. */
const UNSHARE = ['/usr/bin/unshare', '--user', '--map-root-user', '--net', '--'] as const;
const PROBE_MS = 2_000;

/**
 * What to put before a command so that it runs without any network, the loopback included; [] where the system has no user
 * namespaces (AWS Lambda, macOS, some containers). There, what a renderer is given still names no address.
 */
export function withoutNetwork(): Promise<readonly string[]> {
  const [command, ...args] = UNSHARE;
  return new Promise((resolve) => {
    execFile(command, [...args, '/bin/true'], { timeout: PROBE_MS, env: {} }, (error) => {
      resolve(error === null ? UNSHARE : []);
    });
  });
}
