import type { TargetTemplate, Target } from '../../config/checked/config.ts';
import { fillTemplate, printableName } from '../../config/templates/for-each.ts';
import type { Recipient } from '../ports/request.ts';

/* Separate from resolve-recipient.ts, which a webhook does not need to load. */

export function recipientOf({ name, generatedFrom: from }: Pick<Target, 'name' | 'generatedFrom'>): Recipient {
  return from === null ? { target: name } : { target: name, generatedFrom: from };
}

export function recipientOfTemplate({ name }: TargetTemplate): Recipient {
  return { target: printableName(name), generatedFrom: { template: name, directory: null } };
}

/** Also for a directory that will be refused: the refusal is reported under some name. */
export function recipientOfDirectory(template: TargetTemplate, directory: string): Recipient {
  const name = fillTemplate(template, directory)?.name ?? directory;
  return { target: printableName(name), generatedFrom: { template: template.name, directory } };
}
