import { InvalidArgumentError, Option } from 'commander';
import { parseReference } from '../config/written/reference.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { AddCommand } from './command-definition.ts';
import type { SecretReference } from '../config/written/reference.ts';

/** The commands that set Headgate up on AWS, and see whether it is. */
export function addSetupCommands(add: AddCommand): void {
  add<{ stage: string; region?: string; alarmTopic?: string }>({
    usage: 'bootstrap',
    description: 'deploy the stack to AWS, create the secrets that are missing, and print the webhook URL',
    examples: ['headgate bootstrap --region eu-west-1', 'headgate bootstrap --stage lab --yes'],
    options: [
      ...placeOptions(),
      new Option('--alarm-topic <arn>', 'the SNS topic that alarms are sent to').argParser(readTopic),
    ],
    async body(context, { stage, region, alarmTopic }) {
      const { bootstrapCommand } = await import('./commands/bootstrap.ts');
      return bootstrapCommand(context, { stage, region: region ?? null, alarmTopic: alarmTopic ?? null });
    },
  });
  add<{ stage: string; region?: string; url?: string; token?: string; app?: true; rbac?: true }>({
    usage: 'connect <name>',
    description: 'register a repository’s webhook, or say how to let Headgate into a cluster and verify it',
    examples: ['headgate connect fleet', 'headgate connect prod', 'headgate connect prod --rbac | kubectl apply -f -'],
    options: [
      ...placeOptions(),
      new Option('--url <address>', 'where Headgate receives; default what the stack says').argParser(readAddress),
      tokenOption('a token that may administer webhooks'),
      new Option('--app', 'print the page for a GitHub App instead'),
      new Option('--rbac', 'print only the Kubernetes rights of a cluster’s targets'),
    ],
    async body(context, { stage, region, url, token, app, rbac }, [name = '']) {
      const { connectCommand } = await import('./commands/connect.ts');
      return connectCommand(context, name, {
        stage,
        region: region ?? null,
        url: url ?? null,
        token: readToken(token),
        isApp: app === true,
        isRbac: rbac === true,
      });
    },
  });
  add<{ token?: string }>({
    usage: 'doctor',
    description: 'find the usual mistakes: secrets, webhooks, permissions, the clock, access to clusters',
    examples: ['headgate doctor', 'headgate doctor --token env:ADMIN_TOKEN'],
    options: [tokenOption('a token that may read webhooks')],
    async body(context, { token }) {
      const { doctorCommand } = await import('./commands/doctor.ts');
      return doctorCommand(context, { token: readToken(token) });
    },
  });
}

function placeOptions(): readonly Option[] {
  return [
    new Option('--stage <name>', 'which of several stacks in one account').argParser(readStage).default('prod'),
    new Option('--region <name>', 'default $AWS_REGION').argParser(readRegion),
  ];
}

function tokenOption(what: string): Option {
  return new Option('--token <reference>', `${what}, such as env:ADMIN_TOKEN`);
}

/** It is part of names that may have 64 characters, with a region beside it. */
function readStage(text: string): string {
  if (/^[a-z][a-z0-9-]{0,14}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be up to 15 lower-case letters, digits and dashes.');
}

function readRegion(text: string): string {
  if (/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a region such as eu-west-1.');
}

function readTopic(text: string): string {
  if (/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the ARN of an SNS topic.');
}

function readAddress(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return text;
  throw new InvalidArgumentError('It must be an address such as https://headgate.example.com.');
}

/** The token itself would stand in the shell's history, and a wrong option is repeated in its error. */
function readToken(text: string | undefined): SecretReference | null {
  if (text === undefined) return null;
  const reference = parseReference(text);
  if (reference !== null) return reference;
  throw new DeployError('usage', {
    subject: '--token',
    message: 'it is no reference to a secret',
    remedy: 'Write where the token is, such as --token env:ADMIN_TOKEN, never the token.',
  });
}
