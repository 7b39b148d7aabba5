import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../src/cluster/api/status.ts';

function answer(status: number, body: object) {
  return {
    status,
    text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, ...body }),
    warnings: [],
    date: null,
  };
}

const at = { subject: 'apps/web.yaml:1', secret: false };

describe('a refusal of the API server', () => {
  it.each([
    [
      'an invalid value',
      answer(422, { reason: 'Invalid', message: 'Deployment.apps "web" is invalid' }),
      'manifest-rejected',
    ],
    [
      'an unknown field',
      answer(500, {
        message:
          'failed to create typed patch object (t/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema',
      }),
      'manifest-rejected',
    ],
    [
      'a conversion',
      answer(500, { message: 'failed to convert new object (t/web; apps/v1, Kind=Deployment) to proper version' }),
      'manifest-rejected',
    ],
    [
      'an object too large for etcd',
      answer(500, { message: 'etcdserver: request is too large' }),
      'manifest-too-large',
    ],
    [
      'a body too large',
      answer(413, { reason: 'RequestEntityTooLarge', message: 'limit is 3145728' }),
      'manifest-too-large',
    ],
    [
      'a missing right',
      answer(403, {
        reason: 'Forbidden',
        message:
          'configmaps "a" is forbidden: User "x" cannot patch resource "configmaps" in API group "" in the namespace "t"',
      }),
      'manifest-forbidden',
    ],
    [
      'a missing namespace',
      answer(404, {
        reason: 'NotFound',
        message: 'namespaces "t" not found',
        details: { name: 't', kind: 'namespaces' },
      }),
      'namespace-missing',
    ],
    [
      'a kind that is not served',
      answer(404, { reason: 'NotFound', message: 'the server could not find the requested resource', details: {} }),
      'kind-unknown',
    ],
    [
      'fields of other managers',
      answer(409, {
        reason: 'Conflict',
        message: 'Apply failed',
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl" using v1', field: '.data.k' }],
        },
      }),
      'field-conflict',
    ],
    [
      'another write at the same moment',
      answer(409, { reason: 'Conflict', message: 'the object has been modified', details: { name: 'web' } }),
      'object-busy',
    ],
    [
      'a namespace that is being deleted',
      answer(403, {
        reason: 'Forbidden',
        message: 'unable to create new content in namespace t because it is being terminated',
        details: { causes: [{ reason: 'NamespaceTerminating', message: 'namespace t is being terminated' }] },
      }),
      'still-deleting',
    ],
    [
      'any other failure of its own',
      answer(500, { reason: 'InternalError', message: 'etcd is sad' }),
      'cluster-broken',
    ],
    ['an overloaded server', answer(503, { reason: 'ServiceUnavailable', message: 'starting' }), 'cluster-broken'],
    ['no JSON at all', { status: 502, text: '<html>', warnings: [], date: null }, 'cluster-broken'],
  ])('gets the right error code: %s', async (_what, status, code) => {
    expect(await problemOf(status, at)).toMatchObject({
      code,
      subject: 'apps/web.yaml:1',
      remedy: expect.stringMatching(/\w/),
    });
  });

  it('names the managers and fields of a conflict, and the Role that grants a missing right', async () => {
    const conflict = answer(409, {
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "hpa" using autoscaling/v2',
            field: '.spec.replicas',
          },
        ],
      },
    });
    expect((await problemOf(conflict, at)).message).toBe(
      'other managers own these fields: .spec.replicas ("hpa" using autoscaling/v2)',
    );
    const forbidden = answer(403, {
      message:
        'configmaps "a" is forbidden: User "x" cannot patch resource "configmaps" in API group "" in the namespace "t"',
    });
    expect((await problemOf(forbidden, at)).remedy).toContain('verbs [patch], resources [configmaps], apiGroups [""]');
  });

  it('never shows a value of a Secret', async () => {
    const typed = answer(500, {
      message:
        'failed to create typed patch object (t/s; /v1, Kind=Secret): .stringData.pin: expected string, got &value.valueUnstructured{Value:987654321}',
    });
    const invalid = answer(422, {
      message: 'Secret "s" is invalid: data[k]: Invalid value: "hunter2"',
      details: { causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: "hunter2"', field: 'data[k]' }] },
    });
    const problems = await Promise.all([typed, invalid].map((status) => problemOf(status, { ...at, secret: true })));
    const texts = problems.map(({ message }) => message);
    expect(texts[0]).toContain('.stringData.pin');
    expect(texts[1]).toContain('data[k] (FieldValueInvalid)');
    expect(texts.join()).not.toMatch(/987654321|hunter2/);
  });

  it.each([
    [
      'Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://v.shop.svc:443/x?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused',
      'webhook v.example.com does not answer: Post "https://v.shop.svc:443/x?timeout=10s": dial tcp 10.0.0.1:443: connect: connection refused',
      'webhook v.example.com does not answer',
    ],
    [
      'conversion webhook for example.com/v1, Kind=Widget failed: Post "https://w.shop.svc:443/": context deadline exceeded',
      'webhook for the conversion between versions does not answer: Post "https://w.shop.svc:443/": context deadline exceeded',
      'webhook for the conversion between versions does not answer',
    ],
  ])('names the webhook that does not answer: %s', async (message, shown, shownOfSecret) => {
    const failed = answer(500, { reason: 'InternalError', message });
    expect(await problemOf(failed, at)).toMatchObject({ code: 'cluster-broken', message: shown });
    expect((await problemOf(failed, { ...at, secret: true })).message).toBe(shownOfSecret);
    expect((await problemOf(failed, at)).remedy).toMatch(/^(Start the server of|Repair the) webhook/);
  });

  it('does not take a webhook that denies for one that does not answer', async () => {
    const message = 'admission webhook "v.example.com" denied the request: failed calling webhook "other"';
    expect(await problemOf(answer(403, { reason: 'Forbidden', message }), at)).toMatchObject({
      code: 'manifest-forbidden',
      message,
    });
  });
});
