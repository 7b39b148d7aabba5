import * as z from 'zod';
import { alternativesOf, globError } from '../written/glob.ts';
import { isTag } from './image-reference.ts';
import { isTargetName } from '../written/names.ts';
import { branch, closed, duration, notEmpty, pattern, pointer, text } from '../written/shape.ts';
import type { IssueParams } from '../written/shape.ts';
import { groupsOf, patternError, rangeError } from './tag-pattern.ts';

const imageName = text(
  (value) => (isTargetName(value) ? null : 'is not a valid name of an image policy'),
  'Use up to 40 lowercase letters, digits and dashes, beginning and ending with a letter or digit.',
);
const range = text(rangeError, 'Write it as "^1.2.0", or with a space between conditions: ">=1.2.0 <2.0.0".');
const expression = text(
  patternError,
  'Write a regular expression such as "^main-[0-9a-f]+-(?<time>[0-9]+)$", which tags have to match.',
);
const tag = text((value) => (isTag(value) ? null : 'is not a valid tag'), 'Write the tag that moves, such as stable.');

const FORMS = ['semver', 'newest', 'digest'] as const;

const policy = closed({
  semver: range.optional(),
  newest: expression.optional(),
  by: notEmpty.optional(),
  order: z.enum(['numerical', 'alphabetical', 'semver']).optional(),
  digest: tag.optional(),
}).superRefine((value, context) => {
  const refuse = (path: readonly string[], message: string, remedy: string) =>
    context.addIssue({ code: 'custom', path: [...path], message, params: { remedy } satisfies IssueParams });
  const [form, ...others] = FORMS.filter((each) => value[each] !== undefined);
  if (form === undefined)
    refuse([], 'has no rule', 'Add one of semver: "^1.2.0", newest: "^main-(?<build>[0-9]+)$" or digest: stable.');
  for (const other of others) refuse([other], `cannot be combined with ${form}`, 'Remove one of the two.');
  if (value.newest !== undefined) checkNewest({ ...value, newest: value.newest }, refuse);
  else
    for (const key of ['by', 'order'] as const)
      if (value[key] !== undefined) refuse([key], 'requires newest', 'Remove it, or add newest.');
});

function checkNewest(
  { newest, by, order }: { readonly newest: string; readonly by?: string | undefined; readonly order?: unknown },
  refuse: (path: readonly string[], message: string, remedy: string) => void,
): void {
  if (order === undefined)
    refuse(['order'], 'is missing', 'Add order: numerical, alphabetical or semver, which decides what is newest.');
  if (by === undefined) return;
  const groups = groupsOf(newest);
  if (groups.includes(by)) return;
  const remedy =
    groups.length === 0
      ? 'Name the part of the tag that decides in newest, such as (?<time>[0-9]+), and write by: time.'
      : `Use one of ${groups.join(', ')}.`;
  refuse(['by'], 'is not a named group of newest', remedy);
}

const paths = text(
  (value) => globError(value, 'the root of the repository') ?? directoryMistake(value),
  'Write a glob from the root of the repository, such as "clusters/staging/**".',
);

/** The path of a directory would match nothing: globs match files, and only these are read. */
function directoryMistake(glob: string): string | null {
  const isFile = (each: string) => /[*?[][^/]*$|\.(ya?ml|json)$|(^|\/)Kustomization$/.test(each);
  const directory = alternativesOf(glob)?.find((each) => !isFile(each));
  return directory === undefined ? null : `matches no manifest: use ${directory}/** for everything below it`;
}

/** `repository` and the rights that it needs are checked in check-image.ts. */
const write = closed({
  repository: z.string(),
  branch,
  paths: z.array(paths).default(['**']),
  via: z.enum(['commit', 'pullRequest', 'api']).default('commit'),
});

const AUTHOR = /^[^<>\n]*[^<>\s] <[^<>\s]+@[^<>\s]+>$/;

/** A longer delay would exceed what a queue can hide a message for. */
const MAX_DEBOUNCE_MS = 15 * 60_000;

/** `image`, `credentials`, `webhook.secret` and `commit.signingKey` are checked in check-image.ts. */
export const image = closed({
  name: imageName,
  image: z.string(),
  policy,
  credentials: z.unknown().optional(),
  webhook: closed({
    kind: z.enum(['ghcr', 'dockerhub', 'harbor', 'quay', 'acr', 'gitea', 'distribution', 'signed']),
    secret: z.unknown().optional(),
  }).optional(),
  interval: duration.default(300_000),
  debounce: duration.default(10_000).superRefine((ms, context) => {
    if (ms <= MAX_DEBOUNCE_MS) return;
    const params: IssueParams = { remedy: 'Write at most 15m.' };
    context.addIssue({ code: 'custom', message: 'is too long', params });
  }),
  jsonPaths: z.array(closed({ kind: notEmpty, path: pointer })).default([]),
  commit: closed({
    author: pattern(AUTHOR, 'is not an author', 'Write it as "headgate <headgate@example.com>".').default(
      'headgate <headgate@localhost>',
    ),
    message: notEmpty.nullable().default(null),
    signingKey: z.unknown().optional(),
  }).prefault({}),
  afterRevert: z.enum(['skip', 'hold']).default('skip'),
  writes: z.array(write).superRefine((list, context) => {
    if (list.length > 0) return;
    const params: IssueParams = { remedy: 'List where the tag is written: [{ repository: fleet, branch: main }].' };
    context.addIssue({ code: 'custom', message: 'is empty', params });
  }),
});

export const imageCredentials = closed({ username: notEmpty, password: z.unknown().optional() });
