import { describe, expect, it } from 'vitest';
import { formatSarif } from '../../../src/cli/plan/format-sarif.ts';
import { aPlan } from '../../deploy/show/builders.ts';

const problem = (subject: string) =>
  ({ code: 'manifest-invalid', subject, message: 'is not YAML', remedy: 'Fix it.' }) as const;

function runOf(text: string) {
  const { runs } = JSON.parse(text) as {
    runs: readonly { results: readonly Record<string, unknown>[]; tool: unknown; automationDetails: unknown }[];
  };
  return runs[0];
}

describe('a plan in SARIF', () => {
  it('reports a refusal as an error at its file and line', () => {
    const run = runOf(formatSarif(aPlan({ refusals: [problem('apps/a b.yaml:3')] }), 'headgate.yml'));
    expect(run?.tool).toMatchObject({ driver: { name: 'Headgate', rules: [{ id: 'manifest-invalid' }] } });
    expect(run?.automationDetails).toEqual({ id: 'headgate/plan/shop' });
    expect(run?.results).toEqual([
      {
        ruleId: 'manifest-invalid',
        level: 'error',
        message: { text: 'is not YAML Fix it.' },
        locations: [{ physicalLocation: { artifactLocation: { uri: 'apps/a%20b.yaml' }, region: { startLine: 3 } } }],
      },
    ]);
  });

  it('reports what names an object at the configuration, with the object in its text', () => {
    const run = runOf(formatSarif(aPlan({ warnings: [problem('ConfigMap shop/a')] }), 'headgate.yml'));
    expect(run?.results).toEqual([
      expect.objectContaining({
        level: 'warning',
        message: { text: 'ConfigMap shop/a: is not YAML Fix it.' },
        locations: [{ physicalLocation: { artifactLocation: { uri: 'headgate.yml' }, region: { startLine: 1 } } }],
      }),
    ]);
  });

  it('has no results when nothing is refused', () => {
    expect(runOf(formatSarif(aPlan({}), 'headgate.yml'))?.results).toEqual([]);
  });
});
