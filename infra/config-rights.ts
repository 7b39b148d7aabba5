import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configLayer, configLayerResource } from '../src/platforms/aws/lambda/config-layer.ts';
import { refusedInFunctions } from '../src/platforms/aws/lambda/packable.ts';
import { configPolicies } from '../src/platforms/aws/lambda/config-policies.ts';
import { readConfig } from '../src/config/checked/read-config.ts';
import { asDeployError } from '../src/error/deploy-error.ts';

/*
 * Prints the template fragment that depends on headgate.yml: what lets each function read its secrets and assume the roles of its
 * clusters, and the layer with the configuration. `node infra/config-rights.ts headgate.yml STAGE`
 */

async function template(path: string, stage: string) {
  const read = readConfig({ text: readFileSync(path, 'utf8'), path: resolve(path), shownAs: path, env: process.env });
  const problems = 'problems' in read ? read.problems : refusedInFunctions(read.config);
  if ('problems' in read || problems.length > 0) {
    throw new Error(problems.map((each) => `${each.subject}: ${each.message}. ${each.remedy}`).join('\n'));
  }
  const layer = configLayerResource(await configLayer(read.config), stage);
  const { Conditions, Resources } = configPolicies(read.config, stage);
  return { Conditions, Resources: { ...Resources, ConfigLayer: layer } };
}

try {
  const [path = 'headgate.yml', stage = 'prod'] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await template(path, stage)));
} catch (thrown) {
  const { subject, message, remedy, code } = asDeployError(thrown);
  const text = code === 'internal' && thrown instanceof Error ? thrown.message : `${subject}: ${message}. ${remedy}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
