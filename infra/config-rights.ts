import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configPolicies } from '../src/platforms/aws/lambda/config-policies.ts';
import { readConfig } from '../src/config/checked/read-config.ts';
import { asDeployError } from '../src/error/deploy-error.ts';

/*
 * Prints the template fragment that lets each function read its secrets and assume the roles of its clusters: `node infra/config-rights.ts headgate.yml`.
 */

function template(path: string) {
  const read = readConfig({ text: readFileSync(path, 'utf8'), path: resolve(path), shownAs: path, env: process.env });
  if ('problems' in read) {
    throw new Error(read.problems.map((each) => `${each.subject}: ${each.message}. ${each.remedy}`).join('\n'));
  }
  return configPolicies(read.config);
}

try {
  process.stdout.write(JSON.stringify(template(process.argv[2] ?? 'headgate.yml')));
} catch (thrown) {
  const { subject, message, remedy, code } = asDeployError(thrown);
  const text = code === 'internal' && thrown instanceof Error ? thrown.message : `${subject}: ${message}. ${remedy}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
