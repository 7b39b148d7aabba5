import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseHcl } from '@cdktf/hcl2json';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fromOtherBucket } from '../../src/cli/stack/write-package.ts';
import { readFragment } from './fragment.ts';
import { resolve } from './intrinsics.ts';
import type { Template } from './packaged.ts';

const infra = join(import.meta.dirname, '..', '..', 'infra');

/** Blocks by type and name; each is a list, because HCL lets a block be repeated. */
const Blocks = z.record(z.string(), z.array(z.record(z.string(), z.unknown())));
const Module = z.object({
  resource: z.record(z.string(), Blocks),
  data: z.record(z.string(), Blocks).default({}),
  variable: Blocks.default({}),
  output: Blocks.default({}),
});
type Module = z.infer<typeof Module>;

async function moduleIn(folder: string): Promise<Module> {
  const [main, variables] = await Promise.all(
    ['main.tf', 'variables.tf'].map(async (name) =>
      parseHcl(name, await readFile(join(infra, 'terraform', folder, name), 'utf8')),
    ),
  );
  return Module.parse({ ...main, ...variables });
}

const first = (blocks: Record<string, Record<string, unknown>[]> | undefined, name: string) =>
  blocks?.[name]?.[0] ?? {};

describe('the Terraform module for cluster access', () => {
  let terraform: Module;
  let template: Template;
  const PARAMETERS = {
    ClusterName: '${var.cluster_name}',
    RoleName: '${var.role_name}',
    KubernetesGroups: '${var.kubernetes_groups}',
    ExternalId: '${var.external_id}',
    DeployRoleArn: 'var.deploy_role_arn',
    CheckRoleArn: 'var.check_role_arn',
    SweepRoleArn: 'var.sweep_role_arn',
  };
  const inCloudFormation = (name: string) =>
    resolve(template.Resources[name]?.Properties, PARAMETERS) as Record<string, unknown>;

  beforeAll(async () => {
    terraform = await moduleIn('cluster-access');
    template = await readFragment('cluster-access.yml');
  });

  it('creates what cluster-access.yml creates', () => {
    expect(Object.values(template.Resources).map(({ Type }) => Type)).toEqual([
      'AWS::IAM::Role',
      'AWS::EKS::AccessEntry',
    ]);
    expect(Object.keys(terraform.resource)).toEqual(['aws_eks_access_entry', 'aws_iam_role', 'aws_iam_role_policy']);
    const role = inCloudFormation('Role');
    expect(first(terraform.resource['aws_iam_role'], 'role')).toMatchObject({
      name: role['RoleName'],
      path: role['Path'],
      max_session_duration: role['MaxSessionDuration'],
      assume_role_policy: '${data.aws_iam_policy_document.trust.json}',
    });
    const entry = inCloudFormation('AccessEntry');
    expect(first(terraform.resource['aws_eks_access_entry'], 'entry')).toMatchObject({
      cluster_name: entry['ClusterName'],
      principal_arn: '${aws_iam_role.role.arn}',
      type: entry['Type'],
      kubernetes_groups: entry['KubernetesGroups'],
    });
  });

  it('lets in the principals of cluster-access.yml, under the same conditions', () => {
    const { AssumeRolePolicyDocument } = inCloudFormation('Role') as {
      AssumeRolePolicyDocument: { Statement: [Statement] };
    };
    const [{ Effect, Action, Principal, Condition }] = AssumeRolePolicyDocument.Statement;
    const trust = first(terraform.data['aws_iam_policy_document'], 'trust');
    const conditions = Object.entries(Condition).flatMap(([test, pairs]) =>
      Object.entries(pairs).map(([variable, value]) => ({ test, variable, values: [value] })),
    );
    const work = 'var.work_role_arn == "" ? [] : [var.work_role_arn]';
    expect(trust['statement']).toEqual([
      {
        effect: Effect,
        actions: [Action],
        principals: [
          { type: 'AWS', identifiers: `\${concat([${Principal.AWS.join(', ')}], ${work}, var.operator_arns)}` },
        ],
        condition: conditions,
      },
    ]);
  });

  it('lets the role do what cluster-access.yml lets it do', () => {
    const { Policies } = inCloudFormation('Role') as { Policies: [{ PolicyDocument: { Statement: [Statement] } }] };
    const [{ Effect, Action }] = Policies[0].PolicyDocument.Statement;
    const granted = first(terraform.data['aws_iam_policy_document'], 'describe');
    expect(granted['statement']).toEqual([{ effect: Effect, actions: [Action], resources: ['${local.cluster_arn}'] }]);
    expect(first(terraform.resource['aws_iam_role_policy'], 'describe')).toMatchObject({
      role: '${aws_iam_role.role.id}',
      policy: '${data.aws_iam_policy_document.describe.json}',
    });
  });
});

interface Statement {
  readonly Effect: string;
  readonly Action: string;
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Condition: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describe('the Terraform module for the stack', () => {
  let terraform: Module;
  let parameters: NonNullable<Template['Parameters']>;
  let outputs: readonly string[];

  beforeAll(async () => {
    terraform = await moduleIn('stack');
    const fragments = await Promise.all(['stack.yml', 'settings.yml', 'front.yml'].map(readFragment));
    parameters = Object.assign({}, ...fragments.map(({ Parameters = {} }) => Parameters)) as typeof parameters;
    outputs = fragments.flatMap(({ Outputs = {} }) => Object.keys(Outputs));
  });

  const stack = () => first(terraform.resource['aws_cloudformation_stack'], 'headgate');

  it('deploys the template itself, so that its resources and rights are those of bootstrap', () => {
    expect(stack()).toMatchObject({
      name: '${local.name}',
      capabilities: ['CAPABILITY_NAMED_IAM'],
      template_url: 'https://${aws_s3_bucket.code.bucket_regional_domain_name}/${local.manifest.template}',
    });
    const own = Object.keys(terraform.resource).filter((type) => !type.startsWith('aws_s3_'));
    expect(own).toEqual(['aws_cloudformation_stack']);
  });

  it('passes every parameter of the template, with the same default', () => {
    const passed = stack()['parameters'] as Record<string, string>;
    expect(Object.keys(passed).toSorted()).toEqual(['CodeBucket', ...Object.keys(parameters)].toSorted());
    for (const [name, { Default }] of Object.entries(parameters)) {
      const variable = /var\.(\w+)/.exec(passed[name] ?? '')?.[1] ?? '';
      const { default: given } = first(terraform.variable, variable);
      expect([name, Array.isArray(given) ? given.join(',') : String(given)]).toEqual([name, String(Default)]);
    }
  });

  it('has the outputs that connecting takes', () => {
    const named = Object.values(terraform.output).map(
      ([output]) => /outputs\["(\w+)"\]/.exec(String(output?.['value']))?.[1],
    );
    expect(new Set(named)).toEqual(new Set(outputs));
  });

  it('keeps the bucket of the code private, as the one of bootstrap is', () => {
    expect(first(terraform.resource['aws_s3_bucket_public_access_block'], 'code')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    const { statement } = first(terraform.data['aws_iam_policy_document'], 'only_tls');
    expect(statement).toMatchObject([
      {
        effect: 'Deny',
        actions: ['s3:*'],
        condition: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
      },
    ]);
  });
});

describe('a template whose code is in another bucket', () => {
  it('has every resource but the bucket, and finds its code by a parameter', () => {
    const code = { S3Bucket: { Ref: 'ServerlessDeploymentBucket' }, S3Key: 'webhook.zip' };
    const text = JSON.stringify({
      AWSTemplateFormatVersion: '2010-09-09',
      Parameters: { Front: { Type: 'String' } },
      Resources: {
        ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' },
        ServerlessDeploymentBucketPolicy: { Type: 'AWS::S3::BucketPolicy' },
        WebhookLambdaFunction: { Type: 'AWS::Lambda::Function', Properties: { Code: code } },
      },
      Outputs: { ServerlessDeploymentBucketName: {}, DeployRoleArn: { Value: 'arn' } },
    });
    expect(JSON.parse(fromOtherBucket(text))).toEqual({
      AWSTemplateFormatVersion: '2010-09-09',
      Parameters: { CodeBucket: expect.objectContaining({ Type: 'String' }), Front: { Type: 'String' } },
      Resources: {
        WebhookLambdaFunction: {
          Type: 'AWS::Lambda::Function',
          Properties: { Code: { S3Bucket: { Ref: 'CodeBucket' }, S3Key: 'webhook.zip' } },
        },
      },
      Outputs: { DeployRoleArn: { Value: 'arn' } },
    });
  });
});
