import { gitError } from './git-error.ts';
import { readPktLines } from './pkt-line.ts';

/** The answer to `info/refs`: https://git-scm.com/docs/gitprotocol-http */
export interface Advertisement {
  /** 2: without refs and capabilities, because other requests list them. */
  readonly version: 0 | 2;
  /** Peeled refs (`refs/tags/v1^{}`) are entries too. */
  readonly refs: ReadonlyMap<string, string>;
  readonly capabilities: ReadonlySet<string>;
}

/** @throws DeployError `git-protocol` when it is malformed, or truncated */
export function readAdvertisement(response: Buffer, subject: string): Advertisement {
  const refs = new Map<string, string>();
  const capabilities = new Set<string>();
  let isEnded = false;
  let isFirst = true;
  for (const each of readPktLines(response, subject)) {
    if (each.kind === 'flush') isEnded = true;
    if (each.kind !== 'line') continue;
    isEnded = false;
    const [named = '', ...more] = each.payload.toString().replace(/\n$/, '').split('\0');
    if (named === 'version 2') return { version: 2, refs, capabilities };
    if (named.startsWith('# service=') || named.startsWith('version ')) continue;
    if (isFirst)
      for (const capability of more.join(' ').split(' ')) if (capability !== '') capabilities.add(capability);
    isFirst = false;
    const [id = '', ref = ''] = named.split(' ');
    if (!/^[0-9a-f]{40,64}$/.test(id))
      throw gitError('git-protocol', { subject, message: 'the list of refs is malformed' });
    if (ref !== 'capabilities^{}') refs.set(ref, id);
  }
  if (!isEnded) throw gitError('git-protocol', { subject, message: 'the list of refs is truncated' });
  return { version: 0, refs, capabilities };
}
