import * as z from 'zod/mini';
import type { Revision } from '../../snapshot/source.ts';
import { asRevision } from '../../snapshot/source.ts';
import type { Hold } from '../../state/hold.ts';

const HOLD = 'headgate.dev/hold';
/** Runs leave it as it is. */
export const LAST_COMMAND = 'headgate.dev/last-command';

/** A release that does not know holds would deploy over one: it refuses this format. */
const FORMAT = '1';
const FORMAT_WITH_HOLD = '2';
export const FORMATS: readonly string[] = [FORMAT, FORMAT_WITH_HOLD];

const Commit = z.custom<Revision>((value) => typeof value === 'string' && asRevision(value) !== null);

const Stored = z.object({
  by: z.string(),
  reason: z.string(),
  since: z.string(),
  at: z.nullable(Commit),
  from: z.nullable(Commit),
  until: z.nullable(z.string()),
});

/** The annotations that say whether a target is held, as a merge patch. */
export function holdAnnotations(hold: Hold | null): Readonly<Record<string, string | null>> {
  return {
    'headgate.dev/format': hold === null ? FORMAT : FORMAT_WITH_HOLD,
    [HOLD]: hold === null ? null : JSON.stringify(hold),
  };
}

/** @throws Error if it is not as Headgate writes it: a hold that cannot be read must not be taken for none. */
export function readHold(annotations: Readonly<Record<string, string>>): Hold | null {
  const text = annotations[HOLD];
  return text === undefined ? null : z.parse(Stored, JSON.parse(text));
}
