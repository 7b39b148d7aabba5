import { describe, expect, it } from 'vitest';
import { readCheck } from '../../../src/queue/messages/check-request.ts';
import { readRequest } from '../../../src/queue/messages/deploy-request.ts';

const REVISION = 'a'.repeat(40);

/** As release 0.1.0 sends them: they may still be queued when the next release starts. */
const PUSH = `{"target":"shop","delivery":"0b989ba4-242f-11e5-81e1-c7b6966d2516","hint":{"revision":"${REVISION}","rootTree":null,"isForced":false},"at":"2026-01-01T00:00:00.000Z"}`;
const DRIFT =
  '{"target":"shop","delivery":"sweep","hint":null,"at":"2026-01-01T00:00:00.000Z","drift":{"suspects":[{"object":"ConfigMap shop/a","file":"apps/a.yaml"}],"resting":1}}';
const CHECK = `{"target":"shop","delivery":"cli","revision":"${REVISION}","sinceMs":1,"beganMs":1,"counts":{"created":1,"updated":0,"pruned":0},"objects":"all","total":1,"attempt":0,"reported":null,"statusIsFinal":false,"resumesRun":true}`;

describe('a message of release 0.1.0', () => {
  it('names the delivery that triggered a run', () => {
    expect(readRequest(PUSH)).toEqual({
      target: 'shop',
      trigger: { kind: 'delivery', id: '0b989ba4-242f-11e5-81e1-c7b6966d2516' },
      hint: { revision: REVISION, rootTree: null, isForced: false },
      at: '2026-01-01T00:00:00.000Z',
    });
  });

  it('names a sweep or a command that triggered a run', () => {
    expect(readRequest(DRIFT)).toMatchObject({ trigger: { kind: 'sweep' }, drift: { resting: 1 } });
    expect(readCheck(CHECK)).toMatchObject({ trigger: { kind: 'cli' }, revision: REVISION, resumesRun: true });
  });
});

describe('a message', () => {
  it.each([{ kind: 'delivery', id: 'sweep' }, { kind: 'sweep' }, { kind: 'cli' }] as const)(
    'keeps what triggered its run: %j',
    (trigger) => {
      const request = { target: 'shop', trigger, hint: null, at: '2026-01-01T00:00:00.000Z' };
      expect(readRequest(JSON.stringify(request))).toEqual(request);
    },
  );

  it('keeps what a sweep found to be announced and no longer owned', () => {
    const announced = { groupKinds: ['ConfigMap'], namespaces: [], deployedAt: '2026-01-01T00:00:00.000Z' };
    const drift = { suspects: [], resting: 0, announced };
    const trigger = { kind: 'sweep' } as const;
    const request = { target: 'shop', trigger, hint: null, at: '2026-01-01T00:00:00.000Z', drift };
    expect(readRequest(JSON.stringify(request))).toEqual(request);
  });

  it('keeps which targets its run wakes, and which targets woke it', () => {
    const wakes = [{ target: 'blog' }, { target: 'shop-eu', generatedFrom: { template: 't', directory: 'envs/eu' } }];
    const trigger = { kind: 'cli' } as const;
    const request = { target: 'shop', trigger, hint: null, at: '2026-01-01T00:00:00.000Z', wakes, wokenBy: ['blog'] };
    expect(readRequest(JSON.stringify(request))).toEqual(request);
  });

  it('without a trigger is not a request', () => {
    expect(readRequest('{"target":"shop","hint":null,"at":"2026-01-01T00:00:00.000Z"}')).toBeNull();
  });
});
