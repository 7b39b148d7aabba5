import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheck } from '../../../src/queue/messages/check-request.ts';
import { readRequest } from '../../../src/queue/messages/deploy-request.ts';
import { writeBody } from '../../../src/queue/messages/body.ts';
import { recipientOf, recipientOfDirectory, recipientOfTemplate } from '../../../src/deploy/targets/recipient.ts';
import { resolveRecipient } from '../../../src/deploy/targets/resolve-recipient.ts';
import type { Recipient, DeployRequest } from '../../../src/deploy/ports/request.ts';
import { APPS, FOR_EACH, templateOf, templatesOf } from '../../config/target-templates.ts';
import { inDependencyOrder } from '../../../src/deploy/targets/dependents.ts';

const { config, template } = templatesOf('name: infra, cluster: lab, namespace: infra', `${APPS}, dependsOn: [infra]`);
const SHOP = { template: template.name, directory: 'clusters/lab/apps/shop' };

function resolve(recipient: Recipient, of = config): string {
  const resolved = resolveRecipient(recipient, of);
  switch (resolved.kind) {
    case 'target':
      return `target ${resolved.target.name}`;
    case 'template':
      return `template ${resolved.template.name}`;
    case 'refused':
      return `refused ${resolved.refused.name}`;
    case 'none':
      return resolved.reason;
    default:
      return resolved satisfies never;
  }
}

describe('the recipient of a request', () => {
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
      'the template no longer matches this directory',
      { target: 'x', generatedFrom: { template: template.name, directory: 'apps/shop' } },
    ],
    ['no such template in headgate.yml', { target: 'shop-lab', generatedFrom: { ...SHOP, template: '{{basename}}' } }],
  ])('resolves to: %s', (found, recipient) => {
    expect(resolve(recipient)).toBe(found);
  });

  it('resolves to none while the target or its template is suspended', () => {
    const suspended = templatesOf(
      'name: infra, cluster: lab, namespace: infra, suspend: true',
      `${APPS}, suspend: true`,
    ).config;
    for (const from of [undefined, SHOP, { ...SHOP, directory: null }]) {
      expect(resolve({ target: 'infra', generatedFrom: from }, suspended)).toBe('the target is suspended');
    }
  });

  it('resolves to the target or template that it was made from', () => {
    for (const recipient of [recipientOfDirectory(template, SHOP.directory), recipientOfTemplate(template)]) {
      const resolved = resolveRecipient(recipient, config);
      expect(resolved.kind === 'target' ? recipientOf(resolved.target) : recipientOfTemplate(template)).toEqual(
        recipient,
      );
    }
  });

  it('has a name that SQS accepts as a message group, whatever the directory is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (app) => {
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
        const recipient = recipientOfDirectory(template, `clusters/lab/apps/${app}`);
        expect(recipient.target).toMatch(/^[!-~]{1,128}$/);
        const request = { ...REQUEST, ...recipient };
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
  it.each([undefined, SHOP, { ...SHOP, directory: null }])(
    'keeps what its target is generated from: %j',
    (generatedFrom) => {
      const recipient = generatedFrom === undefined ? {} : { generatedFrom };
      expect(readRequest(JSON.stringify({ ...REQUEST, ...recipient }))).toEqual({ ...REQUEST, ...recipient });
      expect(readCheck(JSON.stringify({ ...CHECK, ...recipient }))).toEqual({ ...CHECK, ...recipient });
    },
  );

  it('is read with the keys of an older release', () => {
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
    'is not a request with an invalid generatedFrom: %j',
    (generatedFrom) => {
      expect(readRequest(JSON.stringify({ ...REQUEST, generatedFrom }))).toBeNull();
      expect(readCheck(JSON.stringify({ ...CHECK, generatedFrom }))).toBeNull();
    },
  );
});

it('orders generated targets after the dependencies of their template', () => {
  const generated = { ...REQUEST, ...recipientOfDirectory(template, SHOP.directory) };
  const infra = { ...REQUEST, target: 'infra' };
  expect(inDependencyOrder([generated, infra], config)).toEqual([infra, generated]);
});
