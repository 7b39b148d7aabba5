import * as z from 'zod/mini';
import type { Parsed, PullRequestAction, RepositoryIdentity } from '../port/git-host.ts';
import { invalidFields } from '../port/payload.ts';
import { ignoredAction } from '../port/pull-request-event.ts';

/** Only the fields that are used: https://docs.gitlab.com/user/project/integrations/webhook_events */
const Numbered = z.int().check(z.positive());
const MergeRequestEvent = z.object({
  object_attributes: z.object({
    iid: Numbered,
    target_branch: z.string().check(z.minLength(1)),
    action: z.optional(z.string()),
    oldrev: z.optional(z.nullable(z.string())),
  }),
  changes: z.optional(z.record(z.string(), z.unknown())),
});
const NoteEvent = z.object({
  object_attributes: z.object({
    id: Numbered,
    note: z.string(),
    noteable_type: z.string(),
    action: z.optional(z.string()),
    system: z.optional(z.boolean()),
    created_at: z.string(),
    updated_at: z.string(),
  }),
  merge_request: z.optional(z.object({ iid: Numbered })),
});

const ACTIONS: Readonly<Record<string, PullRequestAction>> = {
  open: 'opened',
  reopen: 'opened',
  close: 'closed',
  merge: 'closed',
};

export function parseMergeRequestEvent(payload: unknown, repository: RepositoryIdentity): Parsed {
  const read = z.safeParse(MergeRequestEvent, payload);
  if (!read.success) return invalidFields('merge_request', read.error);
  const { object_attributes: request, changes = {} } = read.data;
  const { action = '', iid, target_branch: into, oldrev } = request;
  const known =
    action === 'update' ? updateOf(oldrev ?? '', changes) : Object.hasOwn(ACTIONS, action) && ACTIONS[action];
  if (known === undefined || known === false) return ignoredAction('merge_request', action, repository);
  return { kind: 'pull-request', repository, pullRequest: iid, action: known, into };
}

/** Only new commits come with the previous one. */
function updateOf(oldrev: string, changes: Readonly<Record<string, unknown>>): PullRequestAction {
  if (oldrev !== '') return 'updated';
  return Object.hasOwn(changes, 'labels') ? 'labeled' : 'edited';
}

/** Older versions send no action, and the same times for a new note alone. */
export function parseNoteEvent(payload: unknown, repository: RepositoryIdentity): Parsed {
  const read = z.safeParse(NoteEvent, payload);
  if (!read.success) return invalidFields('note', read.error);
  const { object_attributes: note, merge_request: request } = read.data;
  if (note.noteable_type !== 'MergeRequest' || request === undefined || note.system === true)
    return { kind: 'ignored', reason: 'the comment is not on a merge request', repository };
  const { action = note.created_at === note.updated_at ? 'create' : 'update' } = note;
  if (action !== 'create') return ignoredAction('note', action, repository);
  return {
    kind: 'comment',
    repository,
    pullRequest: request.iid,
    commentId: String(note.id),
    body: note.note,
  };
}
