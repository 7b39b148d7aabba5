import type { Problem } from '../../error/deploy-error.ts';
import { formatId, formatPosition } from '../../resource/resource.ts';
import type { Candidate, Facts } from '../model/facts.ts';

/** Reported at the newer definition: a file that the object was already applied from is right. */
export function refuseDuplicates({ candidates, entries }: Facts): readonly Problem[] {
  const known = new Set(entries.map(({ id, file }) => `${file} ${formatId(id)}`));
  const isNew = ({ resource: { id, source } }: Candidate) => Number(!known.has(`${source.path} ${formatId(id)}`));
  const byObject = Map.groupBy(
    candidates.toSorted((a, b) => isNew(a) - isNew(b)),
    ({ resource }) => formatId(resource.id),
  );
  return [...byObject].flatMap(([id, [first, ...others]]) =>
    others.map(({ resource }) =>
      duplicate(id, formatPosition(resource.source), first === undefined ? '' : formatPosition(first.resource.source)),
    ),
  );
}

function duplicate(id: string, second: string, first: string): Problem {
  return {
    code: 'manifest-duplicate',
    subject: second,
    message: `${id} is defined twice: also at ${first}`,
    remedy: 'Remove one of the definitions.',
  };
}
