import type { PullRequestEvent } from './model.ts';

/** A delivery as GitLab sends it: https://docs.gitlab.com/user/project/integrations/webhook_events */
export interface GitlabDelivery {
  readonly event: 'Push Hook' | 'Merge Request Hook' | 'Note Hook';
  readonly payload: object;
}

interface Project {
  readonly id: number;
  readonly fullName: string;
}

/** The push as the hook of the repository describes it, for GitHub. */
export function gitlabPush(payload: string, project: Project): GitlabDelivery {
  const { ref, before, after } = JSON.parse(payload) as { ref: string; before: string; after: string };
  return {
    event: 'Push Hook',
    payload: { object_kind: 'push', event_name: 'push', ref, before, after, ...of(project) },
  };
}

const ACTIONS: Readonly<Record<string, string>> = { opened: 'open', reopened: 'reopen', closed: 'close' };

export function gitlabEvent(event: PullRequestEvent, project: Project): GitlabDelivery {
  const { number: iid, into, branch, head, state } = event.pullRequest;
  if (event.kind === 'comment') {
    const { id, body: note, createdAt, updatedAt } = event.comment;
    const times = { created_at: createdAt, updated_at: updatedAt };
    const action = event.action === 'created' ? 'create' : 'update';
    const object_attributes = { id, note, noteable_type: 'MergeRequest', system: false, action, ...times };
    return {
      event: 'Note Hook',
      payload: { object_kind: 'note', ...of(project), object_attributes, merge_request: { iid } },
    };
  }
  const isMerged = event.action === 'closed' && state === 'merged';
  const action = isMerged ? 'merge' : (ACTIONS[event.action] ?? 'update');
  const attributes = { iid, target_branch: into, source_branch: branch, action, last_commit: { id: head } };
  // Only new commits come with the previous one.
  const object_attributes = event.action === 'synchronize' ? { ...attributes, oldrev: '1'.repeat(40) } : attributes;
  const changes = event.action.endsWith('labeled') ? { labels: { previous: [], current: [] } } : {};
  return {
    event: 'Merge Request Hook',
    payload: { object_kind: 'merge_request', ...of(project), object_attributes, changes },
  };
}

function of({ id, fullName }: Project) {
  return { project: { id, path_with_namespace: fullName } };
}
