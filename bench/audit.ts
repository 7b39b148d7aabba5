import { open, stat } from 'node:fs/promises';

/** One request in the API server's audit log. */
export interface AuditEntry {
  readonly verb: string;
  readonly uri: string;
  readonly userAgent: string;
  readonly code: number;
  /** When the response was complete, in milliseconds since 1970. */
  readonly atMs: number;
}

/** The audit log from its current end. An entry is written before the response is sent. */
export async function followAudit(path: string): Promise<() => Promise<readonly AuditEntry[]>> {
  const from = (await stat(path)).size;
  return async () => {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(size - from);
      await file.read(buffer, 0, buffer.length, from);
      return buffer
        .toString()
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => entryOf(JSON.parse(line)));
    } finally {
      await file.close();
    }
  };
}

function entryOf(line: {
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly responseStatus?: { readonly code: number };
  readonly stageTimestamp: string;
}): AuditEntry {
  const { verb, requestURI, userAgent = '', responseStatus, stageTimestamp } = line;
  return { verb, uri: requestURI, userAgent, code: responseStatus?.code ?? 0, atMs: Date.parse(stageTimestamp) };
}

/** A write to a user's object; not a dry run, and not Headgate's own state. */
export function isApply({ verb, uri }: AuditEntry): boolean {
  return verb === 'patch' && !uri.includes('dryRun=') && !/\/configmaps\/headgate-/.test(uri);
}
