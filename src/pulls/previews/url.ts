import type { ExposedObjects } from '../../deploy/ports/previews/preview-namespaces.ts';
import { isObject } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';

/** They come from a pull request, and a comment shows them. */
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** The first address that a preview answers at, by what its objects say; null: none yet. */
export function urlOf({ ingresses, routes, services }: ExposedObjects): string | null {
  return first(ingresses, urlOfIngress) ?? first(routes, urlOfRoute) ?? first(services, urlOfService);
}

/** In the order of names, so that the address does not change from one look to the next. */
function first(objects: readonly JsonObject[], urlIn: (object: JsonObject) => string | null): string | null {
  const named = objects.map((object) => ({ name: textAt(objectAt(object, 'metadata'), 'name'), url: urlIn(object) }));
  const [found] = named.filter(({ url }) => url !== null).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return found?.url ?? null;
}

function urlOfIngress(ingress: JsonObject): string | null {
  const spec = objectAt(ingress, 'spec');
  const secured = listAt(spec, 'tls').flatMap((each) => listAt(each, 'hosts'));
  const [host] = listAt(spec, 'rules').flatMap((rule) => hostIn(textAt(rule, 'host')));
  return host === undefined ? null : `${secured.includes(host) ? 'https' : 'http'}://${host}`;
}

/** The Gateway has the port and the certificate, and it may be in another namespace: https is the usual one. */
function urlOfRoute(route: JsonObject): string | null {
  const [host] = listAt(objectAt(route, 'spec'), 'hostnames').flatMap((each) => hostIn(each));
  return host === undefined ? null : `https://${host}`;
}

function urlOfService(service: JsonObject): string | null {
  const spec = objectAt(service, 'spec');
  const given = listAt(objectAt(objectAt(service, 'status'), 'loadBalancer'), 'ingress');
  const [host] = given.flatMap((each) => [...hostIn(textAt(each, 'hostname')), ...hostIn(textAt(each, 'ip'))]);
  const ports = listAt(spec, 'ports').map((each) => (isObject(each) ? each['port'] : null));
  if (host === undefined || spec['type'] !== 'LoadBalancer') return null;
  if (ports.includes(443)) return `https://${host}`;
  const [port] = ports;
  return typeof port === 'number' && port !== 80 ? `http://${host}:${port}` : `http://${host}`;
}

function hostIn(value: Json): readonly string[] {
  return typeof value === 'string' && HOST.test(value) ? [value] : [];
}

function objectAt(value: Json | undefined, key: string): JsonObject {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : {};
}

function listAt(value: Json | undefined, key: string): readonly Json[] {
  const inner = isObject(value) ? value[key] : undefined;
  return Array.isArray(inner) ? inner : [];
}

function textAt(value: Json | undefined, key: string): string {
  const inner = isObject(value) ? value[key] : undefined;
  return typeof inner === 'string' ? inner : '';
}
