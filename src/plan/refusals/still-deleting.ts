import { DeployError } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Resource } from '../../resource/resource.ts';

/** Why an object is not applied that waits for its finalizers: seen by the plan, while writing, and while replacing. */
export function stillDeleting(resource: Resource, finalizers: readonly string[]): DeployError {
  const waitsFor = finalizers.length === 0 ? '' : ` (finalizers ${finalizers.join(', ')})`;
  return new DeployError('still-deleting', {
    subject: formatPosition(resource.source),
    message: `${formatId(resource.id)} is still being deleted${waitsFor}`,
    remedy: 'It is created again once it is gone; if that takes long, look at who owns the finalizers.',
  });
}
