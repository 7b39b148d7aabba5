import { InvalidArgumentError, Option } from 'commander';
import { isAwsRegion, isStage } from '../config/written/names.ts';
import { parseReference } from '../config/written/reference.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { AddCommand } from './command-definition.ts';
import type { SecretReference } from '../config/written/reference.ts';
import { parametersOf, settingOptions, tagsOf } from './stack/stack-options.ts';
import type { StackOptionValues } from './stack/stack-options.ts';
import type { Context } from './terminal/context.ts';

/** The commands that set Headgate up and diagnose the setup. */
export function addSetupCommands(add: AddCommand): void {
  add<{ context?: string; namespace?: string; branch?: string; url?: string }>({
    usage: 'init [directory]',
    summary: 'write a headgate.yml for a clone',
    description:
      'Find what a clone of a repository deploys, write a commented headgate.yml for it beside the clone, check it and plan its targets. Prompts for what it cannot find; without a terminal, or with --yes, it takes the defaults.',
    examples: ['headgate init fleet', 'headgate init fleet --context lab --namespace shop --branch main'],
    options: [
      new Option('--context <name>', 'context of the kubeconfig (default: the current one)'),
      new Option('--namespace <name>', "namespace for objects without one (default: the context's)"),
      new Option('--branch <name>', 'branch to deploy (default: the current branch of the clone)'),
      new Option('--url <url>', 'URL of the repository (default: the remote origin)'),
    ],
    async bareBody(context, { context: name = null, namespace = null, branch = null, url = null }, [directory = '.']) {
      const { initCommand } = await import('./commands/init.ts');
      return initCommand(context, { directory, context: name, namespace, branch, url });
    },
  });
  add<{ fromFiles?: string[]; fromCluster?: true; context?: string; branch?: string; out?: string }>({
    usage: 'import <tool>',
    summary: 'write a headgate.yml from Flux or Argo CD',
    description:
      'Read the objects of Flux (flux) or Argo CD (argocd), from files or from the cluster, write a headgate.yml that deploys the same objects, and list the fields without an equivalent. Nothing is written to the cluster.',
    examples: [
      'headgate import flux --from-files fleet/clusters/production',
      'headgate import argocd --from-cluster --context lab',
    ],
    options: [
      new Option('--from-files <path...>', 'directories or files, in a clone or written by kubectl').conflicts(
        'fromCluster',
      ),
      new Option('--from-cluster', 'read the objects of all namespaces'),
      new Option('--context <name>', 'context of the kubeconfig (default: the current one)'),
      new Option('--branch <name>', 'branch to use for HEAD (default: the current branch of the clone, else main)'),
      new Option('--out <file>', 'the file to write (default: --config)'),
    ],
    async bareBody(
      context,
      { fromFiles = null, fromCluster, context: name = null, branch = null, out = null },
      [tool = ''],
    ) {
      if (fromFiles === null && fromCluster === undefined) throw noSource(tool);
      const { importCommand } = await import('./import/command/import.ts');
      return importCommand(context, { tool, files: fromFiles, context: name, branch, out });
    },
  });
  add<StackOptions & StackOptionValues & { package?: string }>({
    usage: 'bootstrap',
    summary: 'deploy Headgate to AWS',
    description:
      'Deploy the stack to AWS, create missing webhook secrets, and print the webhook URL. The plan is shown first.',
    examples: ['headgate bootstrap --region eu-west-1', 'headgate bootstrap --stage lab --yes'],
    options: [
      ...stackOptions(),
      ...settingOptions(),
      new Option('--package <directory>', 'only write the template and the archives, for Terraform'),
    ],
    async body(context, { stage, region, package: directory, ...settings }) {
      if (directory !== undefined) {
        const { writePackage } = await import('./stack/write-package.ts');
        return writePackage(await placed(context, { stage, region }), directory);
      }
      const { bootstrapCommand } = await import('./commands/bootstrap.ts');
      const flags = { parameters: parametersOf(settings), tags: tagsOf(settings) };
      return bootstrapCommand(await placed(context, { stage, region }), flags);
    },
  });
  add<StackOptions & { url?: string; token?: string; app?: true; rbac?: true }>({
    usage: 'connect <name>',
    summary: 'connect a repository or a cluster',
    description: 'Register the webhook of a repository, or verify access to a cluster and print how to grant it.',
    examples: ['headgate connect fleet', 'headgate connect prod', 'headgate connect prod --rbac | kubectl apply -f -'],
    options: [
      ...stackOptions(),
      new Option('--url <url>', "URL where Headgate receives webhooks (default: the stack's)").argParser(parseUrl),
      tokenOption('token that may administer webhooks'),
      new Option('--app', 'only print how to create an App of the Git host'),
      new Option('--rbac', 'only print the RBAC manifests of the targets'),
    ],
    async body(context, { url, token, app, rbac, ...place }, [name = '']) {
      const { connectCommand } = await import('./commands/connect.ts');
      return connectCommand(await placed(context, place), name, {
        url: url ?? null,
        token: parseToken(token),
        isApp: app === true,
        isRbac: rbac === true,
      });
    },
  });
  add<StackOptions & { token?: string }>({
    usage: 'doctor',
    summary: 'find common setup mistakes',
    description: 'Find common mistakes in secrets, webhooks, permissions, the clock, and access to clusters.',
    examples: ['headgate doctor', 'headgate doctor --token env:ADMIN_TOKEN'],
    options: [...stackOptions(), tokenOption('token that may read webhooks')],
    async body(context, { token, ...place }) {
      const { doctorCommand } = await import('./commands/doctor.ts');
      return doctorCommand(await placed(context, place), { token: parseToken(token) });
    },
  });
  add<StackOptions & { kmsKey?: string }>({
    usage: 'secret <set> <reference>',
    summary: 'store a secret on AWS',
    description:
      'Store the secret that a reference of headgate.yml names. The value is read from the terminal without echo, or from stdin; it is never an argument.',
    examples: [
      'headgate secret set ssm:/headgate/fleet/token',
      'headgate secret set secretsmanager:fleet#privateKey < app.pem',
    ],
    options: [
      ...stackOptions(),
      new Option('--kms-key <id>', "KMS key that encrypts it (default: the secret's own, else AWS's)"),
    ],
    async body(context, { kmsKey, ...place }, [action, reference = '']) {
      if (action !== 'set') throw unknownAction();
      const { secretSetCommand } = await import('./commands/secret-set.ts');
      return secretSetCommand(await placed(context, place), { reference, kmsKey: kmsKey ?? null });
    },
  });
}

interface StackOptions {
  readonly stage?: string | undefined;
  readonly region?: string | undefined;
}

/** The one place where the flags of a set-up command meet `aws:` of headgate.yml. */
async function placed(context: Context, { stage, region }: StackOptions): Promise<Context> {
  const { withStackFlags } = await import('./stack/headgate-stack.ts');
  return withStackFlags(context, { stage: stage ?? null, region: region ?? null });
}

function stackOptions(): readonly Option[] {
  return [
    new Option('--stage <name>', 'stage; each stage is a separate stack (default: headgate.yml, else prod)').argParser(
      parseStage,
    ),
    new Option('--region <name>', 'AWS region (default: headgate.yml, $AWS_REGION, the profile)').argParser(
      parseRegion,
    ),
  ];
}

function tokenOption(what: string): Option {
  return new Option('--token <reference>', `reference to a ${what}, such as env:ADMIN_TOKEN`);
}

function parseStage(text: string): string {
  if (isStage(text)) return text;
  throw new InvalidArgumentError('Must be up to 15 lowercase letters, digits and dashes, and begin with a letter.');
}

function parseRegion(text: string): string {
  if (isAwsRegion(text)) return text;
  throw new InvalidArgumentError('Must be a region such as eu-west-1.');
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return text;
  throw new InvalidArgumentError('Must be a URL such as https://headgate.example.com.');
}

function noSource(tool: string): DeployError {
  return new DeployError('usage', {
    subject: `headgate import ${tool}`,
    message: 'neither --from-files nor --from-cluster is given',
    remedy: 'Add --from-cluster, or --from-files with the directory of the cluster in a clone.',
  });
}

function unknownAction(): DeployError {
  return new DeployError('usage', {
    subject: 'headgate secret',
    message: 'the only action is set',
    remedy: 'Run headgate secret set ssm:/headgate/fleet/token, for example.',
  });
}

/** A reference only: the token itself would end up in the shell's history. No argParser, because commander quotes a wrong value. */
function parseToken(text: string | undefined): SecretReference | null {
  if (text === undefined) return null;
  const reference = parseReference(text);
  if (reference !== null) return reference;
  throw new DeployError('usage', {
    subject: '--token',
    message: 'not a reference to a secret',
    remedy: 'Pass a reference such as --token env:ADMIN_TOKEN, never the token itself.',
  });
}
