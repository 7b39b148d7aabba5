import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Config } from '../../config/checked/config.ts';
import { readConfig } from '../../config/checked/read-config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { configLayer, configLayerResource } from '../../platforms/aws/lambda/config-layer.ts';
import type { ConfigLayer } from '../../platforms/aws/lambda/config-layer.ts';
import { refusedInFunctions } from '../../platforms/aws/lambda/packable.ts';
import { configPolicies } from '../../platforms/aws/lambda/config-policies.ts';
import { cacheDirectory } from '../../sandbox/find-tools.ts';
import { LAYER, downloadLayer } from '../../sandbox/layer.ts';

/** The stage in the templates of the package; infra/package/stack.ts packages with it. No stage of a user has capitals. */
export const STAGE = 'PackagedStage';

/** What infra/package/stack.ts writes beside the archives. */
export const StackManifest = z.object({ sha256: z.record(z.string(), z.string()) });

export interface PackagedStackOptions {
  readonly stage: string;
  /** Absolute path of headgate.yml. */
  readonly config: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface StackFiles {
  /** The templates and the archives of the functions. */
  readonly directory: string;
  /** The archive of the layer with kubectl and Helm. */
  readonly layer: string;
  readonly config: ConfigLayer;
}

/**
 * Makes the stack of this headgate.yml from the archives that the npm package carries, as they are: adds the stage, the rights to
 * secrets and the layer with the configuration to the template. Writes into the cache.
 * @throws DeployError for an archive that is not the published one, and for what functions do not support
 */
export async function packagedStack(
  packaged: string,
  { stage, config: path, env }: PackagedStackOptions,
): Promise<StackFiles> {
  const config = await readSupported(path, env);
  const { sha256 } = StackManifest.parse(JSON.parse(await readFile(join(packaged, 'manifest.json'), 'utf8')));
  const files = await Promise.all(
    Object.entries(sha256).map(async ([name, digest]) => [name, await verified(join(packaged, name), digest)] as const),
  );
  const layer = await configLayer(config);
  const archives = files.filter(([name]) => name.endsWith('.zip'));
  const templates = files
    .filter(([name]) => name.endsWith('.json'))
    .map(([name, content]) => {
      const text = content.toString().replaceAll(STAGE, stage);
      const { Conditions, Resources } = configPolicies(config, stage);
      const added = { Conditions, Resources: { ...Resources, ConfigLayer: configLayerResource(layer, stage) } };
      return [name, name.includes('update-stack') ? withConfig(text, added) : text] as const;
    });
  const directory = join(cacheDirectory(env), 'stack', stage);
  await mkdir(directory, { recursive: true });
  for (const [name, content] of [...archives, ...templates]) await writeFile(join(directory, name), content);
  return { directory, layer: await cachedLayer(env), config: layer };
}

/** @throws DeployError with all that is wrong */
export async function readSupported(path: string, env: NodeJS.ProcessEnv): Promise<Config> {
  const read = readConfig({ text: await readFile(path, 'utf8'), path, env });
  const problems = 'problems' in read ? read.problems : refusedInFunctions(read.config);
  const [first] = problems;
  if (first !== undefined) throw new DeployError(first.code, { ...first, message: all(problems) });
  if ('config' in read) return read.config;
  throw new TypeError('a configuration without problems was not returned');
}

/** One error shows the first problem; the others follow in its message. */
function all(problems: readonly Problem[]): string {
  return problems.map(({ subject, message }, index) => (index === 0 ? message : `${subject}: ${message}`)).join('; ');
}

async function verified(file: string, digest: string): Promise<Buffer> {
  const content = await readFile(file);
  if (sha256Of(content) === digest) return content;
  throw new DeployError('config-invalid', {
    subject: file,
    message: 'the file is damaged: it does not have the SHA-256 that the package lists',
    remedy: 'Install headgate again.',
  });
}

const Named = z.record(z.string(), z.unknown());
const Template = z.looseObject({ Conditions: Named, Resources: Named });

function withConfig(text: string, added: Pick<z.infer<typeof Template>, 'Conditions' | 'Resources'>): string {
  const template = Template.parse(JSON.parse(text));
  return JSON.stringify({
    ...template,
    Conditions: { ...template.Conditions, ...added.Conditions },
    Resources: { ...template.Resources, ...added.Resources },
  });
}

async function cachedLayer(env: NodeJS.ProcessEnv): Promise<string> {
  const folder = join(cacheDirectory(env), LAYER.folder);
  const file = join(folder, 'layer.zip');
  const isCached = await stat(file).then(
    () => true,
    () => false,
  );
  if (isCached) return file;
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, await downloadLayer());
  await rename(temporary, file);
  return file;
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
