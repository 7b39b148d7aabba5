import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheck } from '../../../src/queue/check-message.ts';
import { readRequest } from '../../../src/queue/message.ts';
import { writeBody } from '../../../src/queue/body.ts';
import { recipientOf, recipientOfDirectory, recipientOfTemplate } from '../../../src/deploy/targets/recipient.ts';
import { resolveRecipient } from '../../../src/deploy/targets/resolve-recipient.ts';
import type { Recipient, DeployRequest } from '../../../src/deploy/ports/request.ts';
import { APPS, FOR_EACH, templateOf, templatesOf } from '../../config/target-templates.ts';
import { inDependencyOrder } from '../../../src/deploy/targets/dependents.ts';

const { config, template } = templatesOf('name: infra, cluster: lab, namespace: infra', `${APPS}, dependsOn: [infra]`);
const SHOP = { template: template.name, directory: 'clusters/lab/apps/shop' };

function told(address: Recipient, of = config): string {
  const addressee = resolveRecipient(address, of);
  switch (addressee.kind) {
    case 'target':
      return `target ${addressee.target.name}`;
    case 'template':
      return `template ${addressee.template.name}`;
    case 'refused':
      return `refused ${addressee.refused.name}`;
    case 'nobody':
      return addressee.reason;
    default:
      return addressee satisfies never;
  }
}

describe('whom a request is for', () => {
  it.each<[string, Recipient]>([
    ['target infra', { target: 'infra' }],
    ['no such target in headgate.yml', { target: 'shop-lab' }],
    ['target shop-lab', { target: 'shop-lab', generatedFrom: SHOP }],
    [
      `template ${template.name}`,
      { target: template.name, generatedFrom: { template: template.name, directory: null } },
    ],
    [
      'refused shop-dev',
      { target: 'x', generatedFrom: { template: template.name, directory: 'clusters/dev/apps/shop' } },
    ],
    [
      'the template is not for this directory any more',
      { target: 'x', generatedFrom: { template: template.name, directory: 'apps/shop' } },
    ],
    ['no such template in headgate.yml', { target: 'shop-lab', generatedFrom: { ...SHOP, template: '{{basename}}' } }],
  ])('is %s', (found, address) => {
    expect(told(address)).toBe(found);
  });

  it('is nobody while the target or its template is suspended', () => {
    const asleep = templatesOf(
      'name: infra, cluster: lab, namespace: infra, suspend: true',
      `${APPS}, suspend: true`,
    ).config;
    for (const from of [undefined, SHOP, { ...SHOP, directory: null }]) {
      expect(told({ target: 'infra', generatedFrom: from }, asleep)).toBe('the target is suspended');
    }
  });

  it('is found again from the address of what it is', () => {
    for (const address of [recipientOfDirectory(template, SHOP.directory), recipientOfTemplate(template)]) {
      const addressee = resolveRecipient(address, config);
      expect(addressee.kind === 'target' ? recipientOf(addressee.target) : recipientOfTemplate(template)).toEqual(
        address,
      );
    }
  });

  it('has a name that a queue takes as a group, whatever a directory is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (app) => {
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
        const address = recipientOfDirectory(template, `clusters/lab/apps/${app}`);
        expect(address.target).toMatch(/^[!-~]{1,128}$/);
        const request = { ...REQUEST, ...address };
        expect(writeBody(request)).toMatch(/^[ -~]*$/);
        expect(readRequest(writeBody(request))).toEqual(request);
      }),
    );
    const nameless = templateOf(
      `name: "{{cluster}}", cluster: "{{cluster}}", namespace: shop, ${FOR_EACH.replace('clusters/*/apps/*', 'env-*')}`,
    );
    expect(recipientOfDirectory(nameless, 'env-').target).toBe('?');
  });
});

const REQUEST: DeployRequest = {
  target: 'shop',
  trigger: { kind: 'delivery', id: 'd' },
  hint: null,
  at: '2026-01-01T00:00:00Z',
};
const CHECK = {
  target: 'shop',
  trigger: { kind: 'delivery', id: 'd' },
  revision: 'a'.repeat(40),
  sinceMs: 1,
  beganMs: 1,
  counts: { created: 0, updated: 0, pruned: 0 },
  objects: [],
  total: 0,
  attempt: 0,
  reported: null,
  statusIsFinal: false,
  resumesRun: false,
};

describe('a message', () => {
  it.each([undefined, SHOP, { ...SHOP, directory: null }])('keeps where its target came from: %j', (generatedFrom) => {
    const recipient = generatedFrom === undefined ? {} : { generatedFrom };
    expect(readRequest(JSON.stringify({ ...REQUEST, ...recipient }))).toEqual({ ...REQUEST, ...recipient });
    expect(readCheck(JSON.stringify({ ...CHECK, ...recipient }))).toEqual({ ...CHECK, ...recipient });
  });

  it('of an older release is read, although it names a template by `from` and `rule`', () => {
    const { template: rule, directory } = SHOP;
    const old = { from: { rule, directory } };
    expect(readRequest(JSON.stringify({ ...REQUEST, ...old }))).toEqual({ ...REQUEST, generatedFrom: SHOP });
    const { attempt: hop, reported: said, statusIsFinal: isQuiet, resumesRun: goesOn, ...rest } = CHECK;
    expect(readCheck(JSON.stringify({ ...rest, hop, said, isQuiet, goesOn, ...old }))).toEqual({
      ...CHECK,
      generatedFrom: SHOP,
    });
  });

  it.each(['template', { template: 'r' }, { template: 1, directory: null }])(
    'is none of ours with a wrong origin: %j',
    (generatedFrom) => {
      expect(readRequest(JSON.stringify({ ...REQUEST, generatedFrom }))).toBeNull();
      expect(readCheck(JSON.stringify({ ...CHECK, generatedFrom }))).toBeNull();
    },
  );
});

it('puts what a template makes behind what the template depends on', () => {
  const made = { ...REQUEST, ...recipientOfDirectory(template, SHOP.directory) };
  const infra = { ...REQUEST, target: 'infra' };
  expect(inDependencyOrder([made, infra], config)).toEqual([infra, made]);
});
