import { Option } from 'commander';
import type { AddCommand } from './command-definition.ts';

/** The commands that show how to write headgate.yml and how to use the command line. */
export function addReferenceCommands(add: AddCommand): void {
  add<{ jsonSchema?: true }>({
    usage: 'explain [key]',
    summary: 'show what a key of headgate.yml means',
    description: 'Show the type, the default, the meaning and an example of a key of headgate.yml, or list the keys.',
    examples: ['headgate explain targets.prune.limit', 'headgate explain --json-schema > headgate.schema.json'],
    options: [new Option('--json-schema', 'print the JSON Schema of headgate.yml, for editors')],
    async bareBody(context, { jsonSchema }, [key = null]) {
      const { explainCommand } = await import('./commands/explain.ts');
      return explainCommand(context, { key, isSchema: jsonSchema === true });
    },
  });
}
