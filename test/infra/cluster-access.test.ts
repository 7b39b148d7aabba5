import { beforeAll, expect, it } from 'vitest';
import { readFragment } from './fragment.ts';
import { resolve } from './intrinsics.ts';
import type { Template } from './packaged.ts';
import { granted, may, policiesOf } from './rights.ts';
import { errorsOf } from './service-spec.ts';

const PARAMETERS = {
  ClusterName: 'prod',
  RoleName: 'shop-prod',
  KubernetesGroups: ['headgate:shop-prod'],
  ExternalId: 'a-long-random-text',
  DeployRoleArn: 'arn:aws:iam::444455556666:role/x-deploy-y-headgate-prod-deploy-eu-west-1',
  CheckRoleArn: 'arn:aws:iam::444455556666:role/x-deploy-y-headgate-prod-check-eu-west-1',
  SweepRoleArn: 'arn:aws:iam::444455556666:role/x-deploy-y-headgate-prod-sweep-eu-west-1',
};

let template: Template;

beforeAll(async () => {
  template = await readFragment('cluster-access.yml');
});

it('the template for cluster access has only properties of the service specification', () => {
  expect(Object.values(template.Resources).map(({ Type }) => Type)).toEqual([
    'AWS::IAM::Role',
    'AWS::EKS::AccessEntry',
  ]);
  expect(errorsOf(template)).toEqual([]);
});

it('the role of a cluster may describe that cluster and nothing else', async () => {
  const policies = policiesOf(template, 'Role', PARAMETERS);
  const cluster = (name: string) => `arn:aws:eks:eu-west-1:111122223333:cluster/${name}`;
  expect(granted(policies)).toEqual([`eks:DescribeCluster ${cluster('prod')}`]);
  expect(await may(policies, 'eks:DescribeCluster', cluster('prod'))).toBe(true);
  expect(await may(policies, 'eks:DescribeCluster', cluster('lab'))).toBe(false);
  expect(await may(policies, 'eks:CreateAccessEntry', cluster('prod'))).toBe(false);
});

it('the role of a cluster trusts only the three functions that reach clusters, whatever begins their names, with the external id and the session names of Headgate', () => {
  const {
    AssumeRolePolicyDocument: trust,
    Path,
    RoleName,
  } = resolve(template.Resources['Role']?.Properties, PARAMETERS) as Record<string, unknown>;
  expect({ Path, RoleName }).toEqual({ Path: '/headgate/', RoleName: 'shop-prod' });
  expect(trust).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: {
          AWS: [PARAMETERS.DeployRoleArn, PARAMETERS.CheckRoleArn, PARAMETERS.SweepRoleArn],
        },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'sts:ExternalId': 'a-long-random-text' },
          StringLike: { 'sts:RoleSessionName': 'headgate-*' },
        },
      },
    ],
  });
});

it('the role of a cluster trusts the work function too where the stack has one', () => {
  const WorkRoleArn = 'arn:aws:iam::444455556666:role/headgate-prod-work-eu-west-1';
  const given = { ...PARAMETERS, WorkRoleArn, HasWork: 'true' };
  const { AssumeRolePolicyDocument } = resolve(template.Resources['Role']?.Properties, given) as {
    AssumeRolePolicyDocument: { Statement: readonly { Principal: { AWS: readonly string[] } }[] };
  };
  const [statement] = AssumeRolePolicyDocument.Statement;
  expect(statement?.Principal.AWS).toEqual([
    PARAMETERS.DeployRoleArn,
    PARAMETERS.CheckRoleArn,
    PARAMETERS.SweepRoleArn,
    WorkRoleArn,
  ]);
});

it('the role of a cluster maps to a Kubernetes group, without an EKS access policy', () => {
  expect(resolve(template.Resources['AccessEntry']?.Properties, PARAMETERS)).toEqual({
    ClusterName: 'prod',
    PrincipalArn: 'arn:of:Role',
    Type: 'STANDARD',
    KubernetesGroups: ['headgate:shop-prod'],
  });
});
