import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build({ target: { wait: '0s' } });
  await testbed.start();
  const files = Object.fromEntries(LIVE.map(({ file, live }) => [`apps/${file}`, live]));
  await testbed.outcome(await testbed.push(files), 'deployed');
});

afterAll(() => testbed.tearDown());

function pods(spec: string): string {
  return `  template:\n    metadata: { labels: { app: web } }\n    spec:\n${spec.replaceAll(/^/gm, '      ')}`;
}

const web = (name: string, container: string, spec = 'selector: { matchLabels: { app: web } }') =>
  `# The shop\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name} }\nspec:\n  ${spec}\n${pods(`containers:\n- name: app\n  image: example.com/web:1\n${container}`)}\n`;
const job = (image: string, more = '') =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: { name: migrate }\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - name: db\n          image: ${image}\n${more}`;
const pod = (image: string, more = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: once }\nspec:\n  containers:\n    - name: one\n      image: ${image}\n${more}`;
const claim = (mode: string) =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data }\nspec:\n  resources: { requests: { storage: 1Gi } }\n  accessModes:\n    - ${mode}\n`;
const database = (policy: string) =>
  `apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec:\n  serviceName: db\n  podManagementPolicy: ${policy}\n  selector: { matchLabels: { app: web } }\n${pods('containers: [{ name: db, image: example.com/db:1 }]')}\n`;
const service = (more: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: front }\nspec:\n  selector: { app: web }\n${more}  ports:\n    - port: 80\n`;
const binding = (role: string) =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: reads }\nsubjects: []\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: ${role}\n`;
const secret = (pin: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: pin }\nimmutable: true\nstringData:\n  other: same\n  pin: ${pin}\n`;

/** What is deployed, what is pushed then, and the text for it: on the commit, in the log and in a plan. */
interface Case {
  readonly what: string;
  readonly file: string;
  readonly live?: string;
  readonly pushed: string;
  /** `file:line message`, as the log has it. */
  readonly text: string;
}

const CASES: readonly Case[] = [
  {
    what: 'an unknown field',
    file: 'typo.yaml',
    pushed: web('typo', '  imagePullPolcy: Always'),
    text: 'apps/typo.yaml:13 spec.template.spec.containers[name="app"].imagePullPolcy: field not declared in schema',
  },
  {
    what: 'a number where a text is expected',
    file: 'number.yaml',
    pushed: web('number', '  env:\n    - { name: A, value: "1" }\n    - name: B\n      value: 2'),
    text: 'apps/number.yaml:16 spec.template.spec.containers[name="app"].env[name="B"].value: expected string, got 2',
  },
  {
    what: 'a text where a list is expected',
    file: 'list.yaml',
    pushed: web('list', '  command: sh'),
    text: 'apps/list.yaml:13 spec.template.spec.containers[name="app"].command: expected list, got sh',
  },
  {
    what: 'a map where a text is expected',
    file: 'map.yaml',
    pushed: web('map', '  workingDir: { a: b }'),
    text: 'apps/map.yaml:13 spec.template.spec.containers[name="app"].workingDir: expected string, got a map',
  },
  {
    what: 'a value that is not in the list of a field',
    file: 'policy.yaml',
    pushed: web('policy', '  imagePullPolicy: Alway'),
    text: 'apps/policy.yaml:13 spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Alway": supported values: "Always", "IfNotPresent", "Never"',
  },
  {
    what: 'labels that the selector does not match',
    file: 'selector.yaml',
    pushed: web('selector', '  command: [sh]', 'selector: { matchLabels: { app: other } }'),
    text: 'apps/selector.yaml:8 spec.template.metadata.labels: `selector` does not match template `labels`',
  },
  {
    what: 'a quantity that cannot be read',
    file: 'quantity.yaml',
    pushed: web('quantity', '  resources: { limits: { cpu: much } }'),
    text: "apps/quantity.yaml:2 cannot be converted: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  },
  {
    what: 'a changed template of a Job',
    file: 'job.yaml',
    live: job(
      'example.com/db:1',
      '          env: [{ name: A, value: "1" }]\n          resources: { limits: { cpu: 0.5 } }\n',
    ),
    pushed: job('example.com/db:2', '          resources: { limits: { cpu: 0.5 } }\n'),
    text: 'apps/job.yaml:10 spec.template.spec.containers[0].image, spec.template.spec.containers[0].env: field is immutable',
  },
  {
    what: 'a changed container of a Pod, but not its image, which may change',
    file: 'pod.yaml',
    live: pod('example.com/one:1'),
    pushed: pod('example.com/one:2', '      env:\n        - { name: A, value: "1" }\n'),
    text: 'apps/pod.yaml:8 spec.containers[0].env: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
  },
  {
    what: 'a changed access mode of a PersistentVolumeClaim',
    file: 'claim.yaml',
    live: claim('ReadWriteOnce'),
    pushed: claim('ReadWriteMany'),
    text: 'apps/claim.yaml:7 spec.accessModes[0]: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  },
  {
    what: 'a changed policy of a StatefulSet',
    file: 'database.yaml',
    live: database('OrderedReady'),
    pushed: database('Parallel'),
    text: 'apps/database.yaml:6 spec.podManagementPolicy: Invalid value: "Parallel": field is immutable',
  },
  {
    what: 'a changed address of a Service',
    file: 'service.yaml',
    live: service(''),
    pushed: service('  clusterIP: None\n'),
    text: 'apps/service.yaml:6 spec.clusterIP: may not change once set',
  },
  {
    what: 'a changed role of a RoleBinding',
    file: 'binding.yaml',
    live: binding('one'),
    pushed: binding('two'),
    text: 'apps/binding.yaml:8 roleRef.name: field is immutable',
  },
  {
    what: 'a changed immutable Secret, without its value',
    file: 'secret.yaml',
    live: secret('planted-first-pin'),
    pushed: secret('planted-second-pin'),
    text: 'apps/secret.yaml:7 data.pin: it cannot be changed',
  },
  {
    what: 'a key of a Secret that is not valid, without its value',
    file: 'key.yaml',
    pushed:
      'apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData:\n  fine: planted-pin\n  "a b": planted-pin\n',
    text: 'apps/key.yaml:6 data[a b]: refused by the API server (FieldValueInvalid); message omitted because it may quote a hidden value',
  },
  {
    what: 'an object that a quota has no room for',
    file: 'quota.yaml',
    live: 'apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: few }\nspec: { hard: { services.loadbalancers: "0" } }\n',
    pushed: `apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: few }\nspec: { hard: { services.loadbalancers: "0" } }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: lb }\nspec: { type: LoadBalancer, ports: [{ port: 80 }] }\n`,
    text: 'apps/quota.yaml:6 services "lb" is forbidden: exceeded quota: few, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0',
  },
];

/** A binding that changes may lift the refusals of other objects. */
const TOGETHER = CASES.filter(({ file }) => file !== 'binding.yaml');

/** Undoes what a test before has pushed. */
const ALL_LIVE = Object.fromEntries(CASES.map(({ file, live }) => [`apps/${file}`, live ?? null]));

const LIVE = CASES.flatMap(({ file, live }) => (live === undefined ? [] : [{ file, live }]));

function textOf(errors: unknown): readonly string[] {
  return (errors as readonly { subject: string; message: string }[]).map(
    ({ subject, message }) => `${subject} ${message}`,
  );
}

describe('the text for a refused object, on the commit and in the log', () => {
  it.each(CASES)('has file, line, field and reason of $what', async ({ file, pushed, text }) => {
    await testbed.writeAll(ALL_LIVE);
    const revision = await testbed.push({ [`apps/${file}`]: pushed });
    const { errors } = await testbed.outcome(revision, 'refused');
    expect(textOf(errors)).toEqual([text]);
    const description = testbed.host.statusesOf(revision).at(-1)?.description ?? '';
    expect(description).toBe(text.length <= 140 ? text : `${text.slice(0, 139)}…`);
  });

  it('is the same in a plan, and the commit shows the first error and the number of the others', async () => {
    await testbed.writeAll(ALL_LIVE);
    const pushed = Object.fromEntries(TOGETHER.map((each) => [`apps/${each.file}`, each.pushed]));
    const revision = await testbed.push(pushed);
    const { errors } = await testbed.outcome(revision, 'refused');
    const texts = TOGETHER.map(({ text }) => text).toSorted();
    expect(textOf(errors).toSorted()).toEqual(texts);
    const { code, stdout } = await testbed.headgate('plan', testbed.namespace);
    const shown = [...stdout.matchAll(/^refused: (apps\/\S+): (.*)$/gm)].map(
      ([, subject, message]) => `${subject} ${message}`,
    );
    expect([code, shown.toSorted()]).toEqual([1, texts]);
    const description = testbed.host.statusesOf(revision).at(-1)?.description ?? '';
    expect(description.length).toBeLessThanOrEqual(140);
    expect(description).toMatch(new RegExp(`^apps/\\S+:\\d+ .* \\(\\+${TOGETHER.length - 1} more\\)$`));
  });

  it('has one error for each field of an object, each at its line', async () => {
    await testbed.writeAll(ALL_LIVE);
    const revision = await testbed.push({
      'apps/two.yaml': web('two', '  ports:\n    - containerPort: 99999\n  imagePullPolicy: Alway'),
    });
    const { errors } = await testbed.outcome(revision, 'refused');
    expect((errors as readonly { subject: string }[]).map(({ subject }) => subject).toSorted()).toEqual([
      'apps/two.yaml:14',
      'apps/two.yaml:15',
    ]);
    await testbed.write({ 'apps/two.yaml': null });
  });

  it('names the object of a kustomization, whose output has no lines', async () => {
    const revision = await testbed.push({
      'apps/kustomization.yaml': 'resources: [good.yaml, bad.yaml]\n',
      'apps/good.yaml': configMap('good'),
      'apps/bad.yaml': web('bad', '  imagePullPolicy: Alway'),
    });
    const { errors } = await testbed.outcome(revision, 'refused');
    expect(errors).toMatchObject([
      {
        subject: 'apps/bad.yaml:2',
        message: expect.stringMatching(
          /^Deployment\.apps \S+\/bad: spec\.template\.spec\.containers\[0\]\.imagePullPolicy: Unsupported value: "Alway"/,
        ),
      },
    ]);
  });
});
