import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition, hidesValues, metadataMap } from '../../resource/resource.ts';
import type { Resource, ResourceId } from '../../resource/resource.ts';

/** Headgate's annotation takes precedence over Argo CD's. */
const WAVES: readonly string[] = ['headgate.dev/wave', 'argocd.argoproj.io/sync-wave'];
const DEPENDS_ON = 'config.kubernetes.io/depends-on';

/** The order that a manifest's annotations request for its object. */
export interface UserOrder {
  readonly wave: number;
  readonly dependsOn: readonly ResourceId[];
  readonly problems: readonly Problem[];
}

export function userOrderOf(resource: Resource): UserOrder {
  const annotations = metadataMap(resource.object, 'annotations');
  const key = WAVES.find((name) => name in annotations);
  const written = key === undefined ? '0' : (annotations[key] ?? '');
  const isWhole = /^[+-]?\d{1,9}$/.test(written.trim());
  const references = (annotations[DEPENDS_ON] ?? '').split(',').filter((text) => text.trim() !== '');
  const parsed = references.map((text) => ({ text: text.trim(), id: parseReference(text.trim()) }));
  return {
    wave: isWhole ? Number(written) : 0,
    dependsOn: parsed.flatMap(({ id }) => (id === null ? [] : [id])),
    problems: [
      ...(isWhole ? [] : [invalid(resource, [key ?? '', written], 'Write a whole number in quotes: "-1".')]),
      ...parsed.flatMap(({ text, id }) =>
        id === null
          ? [invalid(resource, [DEPENDS_ON, text], 'Write group/namespaces/namespace/Kind/name, or group/Kind/name.')]
          : [],
      ),
    ],
  };
}

/** The format of cli-utils: `apps/namespaces/shop/Deployment/db`, `/namespaces/shop/ConfigMap/c`, `group/Kind/name`. */
function parseReference(text: string): ResourceId | null {
  const parts = text.split('/');
  if (parts.slice(1).includes('')) return null;
  const [group = '', second = '', third = '', kind = '', name = ''] = parts;
  if (parts.length === 3) return { group, kind: second, namespace: '', name: third };
  return parts.length === 5 && second === 'namespaces' ? { group, kind, namespace: third, name } : null;
}

function invalid(resource: Resource, [key, value]: readonly [string, string], remedy: string): Problem {
  return {
    code: 'manifest-invalid',
    subject: formatPosition(resource.source),
    message: `${formatId(resource.id)} has an invalid annotation: ${key}${hidesValues(resource) ? '' : `: ${value}`}`,
    remedy,
  };
}
