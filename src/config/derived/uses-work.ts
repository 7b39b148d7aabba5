import type { Config } from '../checked/config.ts';

/** Whether something of headgate.yml is done beside deploys: messages, commits, refs, plans and previews of pull requests. */
export function usesWork({ channels, images, promotions, previews, repositories }: Config): boolean {
  return (
    channels.size + images.size + promotions.size + previews.length > 0 ||
    [...repositories.values()].some(({ record, pullRequests }) => record === 'refs' || pullRequests.plan)
  );
}

/** Whether any of it reads clusters, or writes to them. */
export function usesClustersBesideDeploys({ promotions, previews, repositories }: Config): boolean {
  return (
    promotions.size + previews.length > 0 || [...repositories.values()].some(({ pullRequests }) => pullRequests.plan)
  );
}
