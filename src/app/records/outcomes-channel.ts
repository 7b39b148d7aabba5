import type { Config } from '../../config/checked/config.ts';
import type { Channel } from '../../deploy/ports/run-event.ts';
import { noteOf, recordedOutcome } from '../../deploy/report/channels/recorded-outcome.ts';
import type { Outcomes } from '../../queue/messages/write-request.ts';

interface OutcomePorts {
  readonly config: Pick<Config, 'repositories'>;
  readonly outcomes: Outcomes;
  readonly nowMs: () => number;
}

/** Queues what repositories with `record: refs` record. It is pushed from the queue, so no run waits for the Git host. */
export function outcomesChannel({ config: { repositories }, outcomes, nowMs }: OutcomePorts): Channel {
  return {
    name: 'record',
    isAwaited: false,
    async report(event, { target: name, repository }, signal) {
      if (repositories.get(repository)?.record !== 'refs') return;
      const outcome = recordedOutcome(event);
      if (outcome === null) return;
      const { revision, isDeployed } = outcome;
      const at = new Date(nowMs()).toISOString();
      await outcomes.add([{ name, repository, revision, isDeployed, note: noteOf(outcome, at), at }], signal);
    },
  };
}
