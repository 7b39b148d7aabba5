import { expect, it } from 'vitest';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { urlOf } from '../../../src/pulls/previews/url.ts';

const ingress = (name: string, hosts: readonly string[], secured: readonly string[] = []): JsonObject => ({
  metadata: { name },
  spec: { rules: hosts.map((host) => ({ host })), tls: [{ hosts: [...secured] }] },
});
const route = (hostnames: readonly string[]): JsonObject => ({
  metadata: { name: 'web' },
  spec: { hostnames: [...hostnames] },
});
const service = (given: readonly JsonObject[], ports: readonly number[], type = 'LoadBalancer'): JsonObject => ({
  metadata: { name: 'web' },
  spec: { type, ports: ports.map((port) => ({ port })) },
  status: { loadBalancer: { ingress: [...given] } },
});

it.each([
  ['nothing', {}, null],
  ['an Ingress', { ingresses: [ingress('web', ['a.example.com'])] }, 'http://a.example.com'],
  [
    'an Ingress with TLS',
    { ingresses: [ingress('web', ['a.example.com'], ['a.example.com'])] },
    'https://a.example.com',
  ],
  ['the first Ingress by name', { ingresses: [ingress('web', ['b.io']), ingress('api', ['a.io'])] }, 'http://a.io'],
  [
    'an Ingress without a host, and another',
    { ingresses: [ingress('api', []), ingress('web', ['b.io'])] },
    'http://b.io',
  ],
  ['an Ingress with a wildcard', { ingresses: [ingress('web', ['*.example.com'])] }, null],
  ['a host that is Markdown', { ingresses: [ingress('web', ['](x)'])], routes: [route(['a b', '<x>'])] }, null],
  ['an HTTPRoute', { routes: [route(['*.example.com', 'a.example.com'])] }, 'https://a.example.com'],
  ['an Ingress before a route', { ingresses: [ingress('web', ['i.io'])], routes: [route(['r.io'])] }, 'http://i.io'],
  ['a Service with an address', { services: [service([{ ip: '192.0.2.7' }], [80])] }, 'http://192.0.2.7'],
  ['a Service with a name and TLS', { services: [service([{ hostname: 'lb.io' }], [80, 443])] }, 'https://lb.io'],
  ['a Service with another port', { services: [service([{ ip: '192.0.2.7' }], [8080])] }, 'http://192.0.2.7:8080'],
  ['a Service without an address yet', { services: [service([], [80])] }, null],
  ['a Service of another type', { services: [service([{ ip: '192.0.2.7' }], [80], 'ClusterIP')] }, null],
])('the address of a preview is read from %s', (_what, objects, url) => {
  expect(urlOf({ ingresses: [], routes: [], services: [], ...objects })).toBe(url);
});
