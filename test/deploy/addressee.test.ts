import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheck } from '../../src/aws/check-message.ts';
import { readRequest } from '../../src/aws/message.ts';
import { bodyOf } from '../../src/aws/send.ts';
import { addressOf, addressOfDirectory, addressOfRule } from '../../src/deploy/address.ts';
import { addresseeOf } from '../../src/deploy/addressee.ts';
import { inDependencyOrder } from '../../src/deploy/dependencies.ts';
import type { Address, DeployRequest } from '../../src/deploy/request.ts';
import { APPS, FOR_EACH, ruleOf, rulesOf } from '../config/rules.ts';

const { config, rule } = rulesOf('name: infra, cluster: lab, namespace: infra', `${APPS}, dependsOn: [infra]`);
const SHOP = { rule: rule.name, directory: 'clusters/lab/apps/shop' };

function told(address: Address, of = config): string {
  const addressee = addresseeOf(address, of);
  switch (addressee.kind) {
    case 'target':
      return `target ${addressee.target.name}`;
    case 'rule':
      return `rule ${addressee.rule.name}`;
    case 'refused':
      return `refused ${addressee.refused.name}`;
    case 'nobody':
      return addressee.reason;
    default:
      return addressee satisfies never;
  }
}

describe('whom a request is for', () => {
  it.each<[string, Address]>([
    ['target infra', { target: 'infra' }],
    ['no such target in headgate.yml', { target: 'shop-lab' }],
    ['target shop-lab', { target: 'shop-lab', from: SHOP }],
    [`rule ${rule.name}`, { target: rule.name, from: { rule: rule.name, directory: null } }],
    ['refused shop-dev', { target: 'x', from: { rule: rule.name, directory: 'clusters/dev/apps/shop' } }],
    ['the rule is not for this directory any more', { target: 'x', from: { rule: rule.name, directory: 'apps/shop' } }],
    ['no such rule in headgate.yml', { target: 'shop-lab', from: { ...SHOP, rule: '{{basename}}' } }],
  ])('is %s', (found, address) => {
    expect(told(address)).toBe(found);
  });

  it('is nobody while the target or its rule is suspended', () => {
    const asleep = rulesOf(
      'name: infra, cluster: lab, namespace: infra, suspend: true',
      `${APPS}, suspend: true`,
    ).config;
    for (const from of [undefined, SHOP, { ...SHOP, directory: null }]) {
      expect(told({ target: 'infra', from }, asleep)).toBe('the target is suspended');
    }
  });

  it('is found again from the address of what it is', () => {
    for (const address of [addressOfDirectory(rule, SHOP.directory), addressOfRule(rule)]) {
      const addressee = addresseeOf(address, config);
      expect(addressee.kind === 'target' ? addressOf(addressee.target) : addressOfRule(rule)).toEqual(address);
    }
  });

  it('has a name that a queue takes as a group, whatever a directory is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (app) => {
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
        const address = addressOfDirectory(rule, `clusters/lab/apps/${app}`);
        expect(address.target).toMatch(/^[!-~]{1,128}$/);
        const request = { ...REQUEST, ...address };
        expect(bodyOf(request)).toMatch(/^[ -~]*$/);
        expect(readRequest(bodyOf(request))).toEqual(request);
      }),
    );
    const nameless = ruleOf(
      `name: "{{cluster}}", cluster: "{{cluster}}", namespace: shop, ${FOR_EACH.replace('clusters/*/apps/*', 'env-*')}`,
    );
    expect(addressOfDirectory(nameless, 'env-').target).toBe('?');
  });
});

const REQUEST: DeployRequest = { target: 'shop', delivery: 'd', hint: null, at: '2026-01-01T00:00:00Z' };
const CHECK = {
  target: 'shop',
  delivery: 'd',
  revision: 'a'.repeat(40),
  sinceMs: 1,
  beganMs: 1,
  counts: { created: 0, updated: 0, pruned: 0 },
  objects: [],
  total: 0,
  hop: 0,
  said: null,
  isQuiet: false,
  goesOn: false,
};

describe('a message', () => {
  it.each([undefined, SHOP, { ...SHOP, directory: null }])('keeps where its target came from: %j', (from) => {
    expect(readRequest(JSON.stringify({ ...REQUEST, from }))).toEqual({ ...REQUEST, ...(from && { from }) });
    expect(readCheck(JSON.stringify({ ...CHECK, from }))).toEqual({ ...CHECK, ...(from && { from }) });
  });

  it.each(['rule', { rule: 'r' }, { rule: 1, directory: null }])('is none of ours with a wrong origin: %j', (from) => {
    expect(readRequest(JSON.stringify({ ...REQUEST, from }))).toBeNull();
    expect(readCheck(JSON.stringify({ ...CHECK, from }))).toBeNull();
  });
});

it('puts what a rule makes behind what the rule depends on', () => {
  const made = { ...REQUEST, ...addressOfDirectory(rule, SHOP.directory) };
  const infra = { ...REQUEST, target: 'infra' };
  expect(inDependencyOrder([made, infra], config)).toEqual([infra, made]);
});
