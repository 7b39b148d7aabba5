import type { Fault } from '../cluster/fault-proxy.ts';
import type { FaultTestbed } from './fault-testbed.ts';
import { REQUEST_MS } from './limits.ts';

/** What happens to the request at the fault point. */
export interface FaultMode {
  readonly name: string;
  readonly inject: (testbed: FaultTestbed) => Fault;
  /** Headgate has to blame the manifest, so only the next delivery retries. */
  readonly isFinal?: true;
  /** A channel does not get a message that its service refuses: only a person can fix that. */
  readonly isRefusal?: true;
}

export const KILLS: readonly FaultMode[] = [
  {
    name: 'the process is killed before request n is sent',
    inject: (testbed) => {
      testbed.kill();
      return 'cut-before';
    },
  },
  {
    name: 'the process is killed after the response to request n',
    inject: (testbed) => ({ onAnswered: () => testbed.kill() }),
  },
];

const status = (code: number, headers: Readonly<Record<string, string>> = {}): FaultMode['inject'] => {
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', message: 'a fault of the test', code });
  return () => ({ status: code, body, headers: { 'content-type': 'application/json', ...headers } });
};
const stallMs = 2 * REQUEST_MS;

export const BAD_RESPONSES: readonly FaultMode[] = [
  { name: 'request n is answered with 409', inject: status(409), isRefusal: true },
  { name: 'request n is answered with 422', inject: status(422), isFinal: true, isRefusal: true },
  { name: 'request n is answered with 429', inject: status(429, { 'retry-after': '1' }) },
  { name: 'request n is answered with 500', inject: status(500) },
  { name: 'request n is answered with 503', inject: status(503) },
  { name: 'the connection is cut before request n is sent', inject: () => 'cut-before' },
  { name: 'the connection is cut after the response to request n', inject: () => 'cut-after' },
  { name: 'request n stalls on the way to the server', inject: () => ({ stallMs, what: 'request' }) },
  { name: 'the response to request n stalls', inject: () => ({ stallMs, what: 'answer' }) },
];
