import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { BUCKET, startStackApi } from '../rig/aws/stack-api.ts';
import type { StackApi } from '../rig/aws/stack-api.ts';
import { headgate } from './headgate.ts';

const EXAMPLE = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../infra/headgate.example.yml'), 'utf8');
const ROLE = 'arn:aws:iam::111122223333:role/headgate-prod';

let api: StackApi;
beforeEach(async () => {
  api = await startStackApi();
  const outputs = {
    ServerlessDeploymentBucketName: BUCKET,
    DeployRoleArn: `${ROLE}-deploy-eu-west-1`,
    CheckRoleArn: `${ROLE}-check-eu-west-1`,
    SweepRoleArn: `${ROLE}-sweep-eu-west-1`,
  };
  api.stack = { status: 'UPDATE_COMPLETE', parameters: {}, tags: {}, outputs, resources: {} };
});
afterEach(() => api.close());

const connect = (args: readonly string[] = [], config = EXAMPLE) =>
  headgate(['connect', 'prod', ...args], { files: { 'headgate.yml': config }, env: api.env });

describe('headgate connect CLUSTER', () => {
  it('prints what to run in the account of the cluster while a target has no access', async () => {
    const { code, stdout } = await connect();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^KIND +NAME +RESULT +DETAIL\ntarget +shop-prod +FAILED +the role cannot be assumed: AccessDenied/m,
    );
    const command = stdout.slice(stdout.indexOf('  aws cloudformation'), stdout.indexOf('Grant the groups'));
    expect(
      command
        .replaceAll(/ \\\n\s*/g, ' ')
        .trim()
        .split(' '),
    ).toEqual([
      ...'aws cloudformation deploy --region eu-west-1 --stack-name headgate-access-shop-prod'.split(' '),
      ...'--template-file infra/cluster-access.yml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides'.split(
        ' ',
      ),
      "ClusterName='prod'",
      "RoleName='shop-prod'",
      "KubernetesGroups='headgate:shop-prod'",
      "ExternalId='choose-a-long-random-text'",
      `DeployRoleArn='${ROLE}-deploy-eu-west-1'`,
      `CheckRoleArn='${ROLE}-check-eu-west-1'`,
      `SweepRoleArn='${ROLE}-sweep-eu-west-1'`,
    ]);
  });

  it('lets the work function in where something reads clusters beside deploys, and not where it only sends messages', async () => {
    const WorkRoleArn = `${ROLE}-work-eu-west-1`;
    if (api.stack === null) throw new Error('the stack was not set');
    api.stack = { ...api.stack, outputs: { ...api.stack.outputs, WorkRoleArn } };
    const channel = `${EXAMPLE}channels: { team: { kind: slack, url: "ssm:/headgate/slack" } }\n`;
    expect((await connect([], channel)).stdout).not.toContain('WorkRoleArn');
    const planned = EXAMPLE.replace('    webhookSecret:', '    pullRequests: { plan: true }\n    webhookSecret:');
    const { stdout } = await connect([], `${planned}key: ssm:/headgate/key\n`);
    expect(stdout).toContain(`WorkRoleArn='${WorkRoleArn}'`);
  });

  it('prints the access of a read role for the sweep alone, and RBAC that only reads', async () => {
    const config = EXAMPLE.replace(
      "externalId: 'choose",
      "readRole: 'arn:aws:iam::111122223333:role/headgate/shop-read',\n        externalId: 'choose",
    );
    const { stdout } = await connect([], config);
    const command = stdout.slice(stdout.indexOf('--stack-name headgate-access-shop-read'));
    expect(command).toContain(`RoleName='shop-read'`);
    for (const role of ['Deploy', 'Check', 'Sweep'])
      expect(command).toContain(`${role}RoleArn='${ROLE}-sweep-eu-west-1'`);
    const { stdout: rbac } = await connect(['--rbac'], config);
    const [, , role, binding] = parseAllDocuments(rbac).map(
      (document) => document.toJS() as { rules?: { verbs: string[] }[]; subjects?: unknown },
    );
    expect(new Set(role?.rules?.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list']));
    const group = /KubernetesGroups='([^']+)'/.exec(command)?.[1];
    expect(binding?.subjects).toMatchObject([{ kind: 'Group', name: group }]);
  });

  it('refuses a role that the functions may not assume', async () => {
    const { code, stderr } = await connect([], EXAMPLE.replace('role/headgate/', 'role/'));
    expect(code).toBe(1);
    expect(stderr).toContain('the role is not on the path /headgate/');
  });

  it('prints the RBAC manifests of a target for each of its namespaces, without any request', async () => {
    const { code, stdout } = await connect(['--rbac'], `${EXAMPLE}    namespaces: [shop, jobs]\n`);
    expect(code).toBe(0);
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Record<string, unknown>);
    expect(objects.map(({ kind, metadata }) => [kind, metadata])).toEqual(
      ['shop', 'jobs'].flatMap((namespace) => [
        ['Role', { name: 'headgate-shop-prod', namespace }],
        ['RoleBinding', { name: 'headgate-shop-prod', namespace }],
      ]),
    );
    expect(objects[1]).toMatchObject({ subjects: [{ kind: 'Group', name: 'headgate:shop-prod' }] });
    expect(api.requests).toEqual([]);
  });

  it('prints the RBAC manifests of a target template once for each of its namespaces, for all of its directories', async () => {
    const template = `  - name: "{{basename}}-{{segment.1}}"
    repository: fleet
    branch: main
    cluster: prod
    namespace: "{{basename}}"
    forEach: { directories: "clusters/*/apps/*", clusters: [prod], namespaces: [shop, blog] }
`;
    const config = EXAMPLE + template;
    const { stdout } = await connect(['--rbac'], config);
    const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Record<string, unknown>);
    const name = 'headgate-rule-basename-segment-1';
    expect(objects.map(({ metadata }) => metadata)).toEqual(
      [
        { name: 'headgate-shop-prod', namespace: 'shop' },
        { name, namespace: 'shop' },
        { name, namespace: 'blog' },
      ].flatMap((metadata) => [metadata, metadata]),
    );
    expect(objects[3]).toMatchObject({ subjects: [{ name: 'headgate:rule-basename-segment-1' }] });
    const printed = await connect([], config);
    expect(printed.stdout).toContain("KubernetesGroups='headgate:shop-prod,headgate:rule-basename-segment-1'");
  });
});
