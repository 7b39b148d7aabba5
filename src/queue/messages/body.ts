/** The body of a message, in ASCII: SQS refuses some characters (U+FFFE), and pushed directory names may contain them. */
export function writeBody(message: object): string {
  return JSON.stringify(message).replaceAll(/[^ -~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The names of these keys before release 0.2, whose messages may still be queued when the next release starts. */
const RENAMED: Readonly<Record<string, string>> = {
  from: 'generatedFrom',
  rule: 'template',
  hop: 'attempt',
  said: 'reported',
  isQuiet: 'statusIsFinal',
  goesOn: 'resumesRun',
};

/** A message body of a kind that no release before 0.2 had; undefined when it is not JSON. */
export function parsePlainBody(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return value;
  } catch {
    return undefined;
  }
}

/** A queue that cannot delay a message delivers it at once: the body says when it is due. Zero: at once. */
export function notBeforeOf(body: string): number {
  const parsed = parsePlainBody(body);
  const found = isRecord(parsed) ? parsed['notBeforeMs'] : 0;
  return typeof found === 'number' ? found : 0;
}

/** A message body with the keys of this release; undefined when it is not JSON. */
export function parseBody(body: string): unknown {
  const value = parsePlainBody(body);
  return isRecord(value) ? withTrigger(withCurrentKeys(value)) : value;
}

function withCurrentKeys(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      RENAMED[key] ?? key,
      key === 'from' && isRecord(value) ? withCurrentKeys(value) : value,
    ]),
  );
}

/** Releases before 0.2 wrote one string: `sweep`, `cli`, or a delivery id. */
function withTrigger({ delivery, ...record }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof delivery !== 'string' || record['trigger'] !== undefined) return record;
  const isNamed = delivery === 'sweep' || delivery === 'cli';
  return { ...record, trigger: isNamed ? { kind: delivery } : { kind: 'delivery', id: delivery } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
