import { readConfig } from '../../src/config/checked/read-config.ts';
import type { ReadConfig } from '../../src/config/checked/read-config.ts';

export const DIRECTORY = '/etc/headgate';

export function read(text: string): ReadConfig {
  return readConfig({ text, path: `${DIRECTORY}/headgate.yml`, env: { HOME: '/home/ada' } });
}

/** The checked form; throws with every error. */
export function configOf(text: string) {
  const result = read(text);
  if ('problems' in result)
    throw new Error(result.problems.map((problem) => `${problem.subject} ${problem.message}`).join('\n'));
  return result.config;
}

/** `headgate.yml:3 message | remedy`, one for each error. */
export function errorsOf(text: string): readonly string[] {
  const result = read(text);
  return 'problems' in result
    ? result.problems.map(({ subject, message, remedy }) => `${subject} ${message} | ${remedy}`)
    : [];
}

const CLUSTER = 'kubeconfig: { path: ./kubeconfig, context: lab }';
const REPOSITORY = `host: github
    url: https://github.com/acme/fleet.git
    webhookSecret: env:FLEET_WEBHOOK_SECRET`;
const TARGET = `repository: fleet
    branch: main
    cluster: lab
    namespace: shop`;

/**
 * A small valid file with other lines in one of its entries. They begin at line 3 in the cluster, 6 in the repository (9
 * after the default keys), 11 in the target (15 after the default keys), and 15 at the end.
 */
export function file(part: { cluster?: string; repository?: string; target?: string; end?: string }): string {
  return `clusters:
  lab:
    ${part.cluster ?? CLUSTER}
repositories:
  fleet:
    ${part.repository ?? REPOSITORY}
targets:
  - name: shop-prod
    ${part.target ?? TARGET}
${part.end ?? ''}`;
}

export function withTarget(lines: string): string {
  return file({ target: `${TARGET}\n    ${lines}` });
}

export function withRepository(lines: string): string {
  return file({ repository: `${REPOSITORY}\n    ${lines}` });
}
