import { open, stat } from 'node:fs/promises';

/** One request as the API server's audit log has it. */
export interface AuditEntry {
  readonly verb: string;
  readonly uri: string;
  readonly userAgent: string;
  readonly code: number;
  /** When the answer was complete, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** The audit log from here on. Its entries are written before the answer goes out. */
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

/** Writes that changed an object of a user, dry runs and our own state left out. */
export function isApply({ verb, uri }: AuditEntry): boolean {
  return verb === 'patch' && !uri.includes('dryRun=') && !/\/configmaps\/headgate-/.test(uri);
}
