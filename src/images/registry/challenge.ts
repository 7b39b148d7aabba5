/** One of the ways in which a registry offers to authenticate (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lowercase. */
  readonly scheme: string;
  /** Names in lowercase. */
  readonly parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /[\s,]*([\w-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+))/y;
const SCHEME = /[\s,]*([A-Za-z][\w-]*)(?=\s|,|$)/y;

/** The challenges of a WWW-Authenticate header. Gitea sends two in one header; Node joins several headers with commas. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  while (at < header.length) {
    PARAMETER.lastIndex = at;
    const [parameter, name, quoted, plain] = PARAMETER.exec(header) ?? [];
    if (parameter !== undefined && name !== undefined) {
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '');
      at += parameter.length;
      continue;
    }
    SCHEME.lastIndex = at;
    const [text, scheme] = SCHEME.exec(header) ?? [];
    if (text === undefined || scheme === undefined) break;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    at += text.length;
  }
  return challenges;
}
