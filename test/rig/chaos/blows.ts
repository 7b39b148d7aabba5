import type { Blow } from './trial.ts';
import { REQUEST_MS } from './short.ts';

export const KILLS: readonly Blow[] = [
  {
    name: 'killed before it is sent',
    fault: (lab) => {
      lab.kill();
      return 'cut-before';
    },
  },
  { name: 'killed after it was answered', fault: (lab) => ({ onAnswered: () => lab.kill() }) },
];

const status = (code: number, headers: Readonly<Record<string, string>> = {}): Blow['fault'] => {
  const body = JSON.stringify({ kind: 'Status', status: 'Failure', message: 'a fault of the test', code });
  return () => ({ status: code, body, headers: { 'content-type': 'application/json', ...headers } });
};
const stallMs = 2 * REQUEST_MS;

export const BAD_ANSWERS: readonly Blow[] = [
  { name: 'answered 409', fault: status(409) },
  { name: 'answered 422', fault: status(422), isFinal: true },
  { name: 'answered 429', fault: status(429, { 'retry-after': '1' }) },
  { name: 'answered 500', fault: status(500) },
  { name: 'answered 503', fault: status(503) },
  { name: 'cut before it is sent', fault: () => 'cut-before' },
  { name: 'cut after it was answered', fault: () => 'cut-after' },
  { name: 'stalled on its way', fault: () => ({ stallMs, what: 'request' }) },
  { name: 'stalled on the way back', fault: () => ({ stallMs, what: 'answer' }) },
];
