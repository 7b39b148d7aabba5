import { DeployError } from '../error/deploy-error.ts';
import type { AddCommand } from './command-definition.ts';

/** The commands about messages to people. */
export function addNotifyCommands(add: AddCommand): void {
  add({
    usage: 'notify <test> <channel>',
    summary: 'send a test message to a channel',
    description: 'Send a test message to a channel of headgate.yml, whatever events it reports otherwise.',
    examples: ['headgate notify test team-shop'],
    async body(context, _flags, [action, channel = '']) {
      if (action !== 'test') throw unknownAction();
      const { notifyTestCommand } = await import('./notify/test-channel.ts');
      return notifyTestCommand(context, channel);
    },
  });
}

function unknownAction(): DeployError {
  return new DeployError('usage', {
    subject: 'headgate notify',
    message: 'the only action is test',
    remedy: 'Run headgate notify test team-shop, for example.',
  });
}
