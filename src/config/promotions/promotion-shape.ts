import * as z from 'zod';
import { isTargetName } from '../written/names.ts';
import { directoryError, normalizeDirectory } from '../written/path.ts';
import { closed, duration, notEmpty, text } from '../written/shape.ts';
import type { IssueParams } from '../written/shape.ts';
import { windows } from '../windows/window-shape.ts';

/* An entry of `promotions` as people write it. `stages` and what it refers to are checked in check-promotion.ts. */

const promotionName = text(
  (value) => (isTargetName(value) ? null : 'is not a valid name of a promotion'),
  'Use up to 40 lowercase letters, digits and dashes, beginning and ending with a letter or digit.',
);

const filePath = text(directoryError, 'Write it from the path of the stage, such as version.yaml.').transform(
  normalizeDirectory,
);

/** A scalar of a YAML file: `values.yaml#image.tag`. */
const valuePath = text((value) => {
  const [file = '', keys, ...others] = value.split('#');
  if (keys === undefined || others.length > 0 || !/^[\w-]+(?:\.[\w-]+)*$/.test(keys))
    return 'is not a file and a value';
  return directoryError(file);
}, 'Write the file from the path of the stage, # and the keys: values.yaml#image.tag.').transform((value) => {
  const [file = '', keys = ''] = value.split('#');
  return { file: normalizeDirectory(file), keys: keys.split('.') };
});

export const paths = closed({
  files: z.array(filePath).default([]),
  values: z.array(valuePath).default([]),
}).superRefine(({ files, values }, context) => {
  if (files.length + values.length > 0) return;
  const params: IssueParams = { remedy: 'List files, such as { files: [version.yaml] }, or write carry: images.' };
  context.addIssue({ code: 'custom', message: 'has neither files nor values', params });
});

const names = z.array(z.string()).superRefine((list, context) => {
  if (list.length > 0) return;
  const params: IssueParams = { remedy: 'List the targets, such as [shop-eu, shop-us].' };
  context.addIssue({ code: 'custom', message: 'is empty', params });
});

/** A stage with other sources than the entry before it. */
export const step = closed({
  to: z.string(),
  from: closed({ all: names.optional(), any: names.optional() }).superRefine(({ all, any }, context) => {
    if ((all === undefined) !== (any === undefined)) return;
    const params: IssueParams = { remedy: 'Write from: { all: [shop-eu, shop-us] }, or any.' };
    context.addIssue({ code: 'custom', message: 'must have either all or any', params });
  }),
});

const after = closed({
  ready: z.boolean().default(true),
  soak: duration.default(0),
  statuses: z.array(closed({ context: notEmpty, by: notEmpty.optional() })).default([]),
}).superRefine(({ ready }, context) => {
  if (ready) return;
  const params: IssueParams = { remedy: 'Remove it: only what became ready is promoted.' };
  context.addIssue({ code: 'custom', path: ['ready'], message: 'cannot be false', params });
});

export const promotion = closed({
  name: promotionName,
  stages: z.array(z.unknown()),
  carry: z
    .unknown()
    .transform((value, context): 'images' | z.output<typeof paths> => {
      if (value === undefined || value === 'images') return 'images';
      const read = paths.safeParse(value);
      if (read.success) return read.data;
      for (const issue of read.error.issues) {
        if (issue.code === 'custom') context.addIssue({ ...issue, path: [...issue.path], input: value });
      }
      if (!read.error.issues.some(({ code }) => code === 'custom')) {
        const remedy = 'Write images, { files: [version.yaml] } or { values: ["values.yaml#image.tag"] }.';
        context.addIssue({ code: 'custom', message: 'is not valid', params: { remedy } satisfies IssueParams });
      }
      return z.NEVER;
    })
    .optional()
    .default('images'),
  after: after.prefault({}),
  windows: windows.default([]),
  via: z.enum(['commit', 'pullRequest']).default('commit'),
});
