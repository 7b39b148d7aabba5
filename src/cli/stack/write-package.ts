import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { regionOf, stageOf } from './headgate-stack.ts';
import { packageFunctions } from './package-functions.ts';

/** What belongs to the bucket that the stack itself owns. */
const OF_BUCKET = /^ServerlessDeploymentBucket/;

const Template = z.looseObject({
  Parameters: z.record(z.string(), z.unknown()),
  Resources: z.record(z.string(), z.unknown()),
  Outputs: z.record(z.string(), z.unknown()),
});

/** Writes what `bootstrap` would upload, for a tool that deploys it from a bucket of its choice. Changes nothing on AWS. */
export async function writePackage(context: Context, directory: string): Promise<ExitCode> {
  const { config, configPath, cwd, env, signal, print } = context;
  const stage = stageOf(config);
  const region = await regionOf(context);
  const built = await packageFunctions({ stage, region, config: resolve(configPath), env }, signal);
  const template = Buffer.from(fromOtherBucket(built.template));
  const key = `templates/${sha256Of(template).slice(0, 32)}.json`;
  const files = new Map<string, Buffer>([[key, template]]);
  for (const [name, contentOf] of built.artifacts) files.set(name, await contentOf());
  const sha256 = Object.fromEntries([...files].map(([name, content]) => [name, sha256Of(content)]));
  const manifest = `${JSON.stringify({ stage, template: key, sha256 }, null, 2)}\n`;
  const out = resolve(cwd, directory);
  try {
    for (const [name, content] of [...files, ['manifest.json', Buffer.from(manifest)] as const]) {
      await mkdir(dirname(join(out, name)), { recursive: true });
      await writeFile(join(out, name), content);
    }
  } catch (cause) {
    const remedy = 'Choose a directory that can be written.';
    throw new DeployError('usage', { subject: directory, message: 'cannot write the package', remedy, cause });
  }
  print(context.output === 'json' ? manifest.trimEnd() : `wrote ${files.size + 1} files to ${directory}`);
  return 0;
}

/** The same template, whose functions are in the bucket of the parameter CodeBucket. */
export function fromOtherBucket(text: string): string {
  const template = Template.parse(JSON.parse(text));
  const without = (all: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !OF_BUCKET.test(name)));
  const CodeBucket = { Type: 'String', Description: 'The bucket with the archives of the functions and layers' };
  const changed = {
    ...template,
    Parameters: { CodeBucket, ...template.Parameters },
    Resources: without(template.Resources),
    Outputs: without(template.Outputs),
  };
  return JSON.stringify(changed).replaceAll('{"Ref":"ServerlessDeploymentBucket"}', '{"Ref":"CodeBucket"}');
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
