import { DeployError } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';

/** Refuses an object that waits for its finalizers. Thrown while planning, writing and replacing. */
export function stillDeleting(resource: Resource, finalizers: readonly string[]): DeployError {
  const waitsFor = finalizers.length === 0 ? '' : ` (finalizers ${finalizers.join(', ')})`;
  return new DeployError('still-deleting', {
    subject: formatPosition(resource.source),
    message: `${formatId(resource.id)} is still being deleted${waitsFor}`,
    remedy:
      'Wait: it is created again once it is gone. If that takes long, check the controllers that own the finalizers.',
  });
}
