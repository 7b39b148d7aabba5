import { constants } from 'node:http2';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { StringDecoder } from 'node:string_decoder';

/**
 * Reads a streaming response until either side ends it, and calls `onLine` for every line. Resolves to the HTTP status, 0
 * without a response. Never rejects: the caller reads again anyway.
 */
export function listen(
  session: ClientHttp2Session,
  { headers, onLine }: { headers: OutgoingHttpHeaders; onLine: (line: string) => void },
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(0);
    let status = 0;
    let rest = '';
    const decoder = new StringDecoder('utf8');
    const stream = session.request(headers, { endStream: true });
    const onAbort = () => stream.close(constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('response', (received) => (status = received[':status'] ?? 0));
    stream.on('data', (part: Buffer) => {
      const lines = (rest + decoder.write(part)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(status);
    });
  });
}
