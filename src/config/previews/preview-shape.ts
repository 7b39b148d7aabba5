import * as z from 'zod';
import { parseDuration } from '../written/duration.ts';
import { branch, closed, notEmpty, target } from '../written/shape.ts';
import type { IssueParams } from '../written/shape.ts';

/**
 * The keys that a preview shares with targets. All others have their defaults, because many people may be able to open a pull
 * request.
 */
const { path, cluster, serviceAccount, kustomize, helm, substitute, wait, notify } = target.shape;

const DAY_MS = 24 * 3_600_000;
const MAX_TTL_MS = 90 * DAY_MS;

const ttl = z.string().transform((value, context) => {
  const ms = parseTtl(value);
  if (ms !== null) return ms;
  const remedy = 'Write days, hours and minutes, such as 3d or 12h, up to 90 days.';
  context.addIssue({
    code: 'custom',
    message: 'is not a valid time to live',
    params: { remedy } satisfies IssueParams,
  });
  return z.NEVER;
});

/** As a duration, with days in front: `3d`, `1d12h`. */
function parseTtl(text: string): number | null {
  const [, days = '0', rest = ''] = /^(?:(\d{1,2})d)?(.*)$/.exec(text) ?? [];
  const restMs = rest === '' ? 0 : parseDuration(rest);
  if (restMs === null) return null;
  const ms = Number(days) * DAY_MS + restMs;
  return ms > 0 && ms <= MAX_TTL_MS ? ms : null;
}

/** Each preview is a namespace and all that runs in it. */
const MAX_LIMIT = 100;

const limit = z.bigint().transform((value, context) => {
  if (value >= 1n && value <= BigInt(MAX_LIMIT)) return Number(value);
  const params: IssueParams = { remedy: `Write an integer from 1 to ${MAX_LIMIT}.` };
  context.addIssue({ code: 'custom', message: 'is out of range', params });
  return z.NEVER;
});

/** The placeholders, and what the other entries have, are checked in check-preview.ts. */
export const preview = closed({
  name: z.string(),
  repository: z.string(),
  pullRequest: closed({ label: notEmpty, into: branch }),
  path,
  cluster,
  namespace: z.string(),
  serviceAccount,
  kustomize,
  helm,
  substitute,
  wait,
  notify,
  ttl: ttl.default(3 * DAY_MS),
  limit: limit.default(10),
  url: z.string().optional(),
});
