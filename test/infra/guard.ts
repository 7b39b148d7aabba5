import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../rig/programs/command.ts';
import type { Template } from './packaged.ts';

const here = dirname(fileURLToPath(import.meta.url));
const PLATFORM = process.platform === 'darwin' ? 'macos' : 'ubuntu';
const PROCESSOR = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const GUARD = join(here, `../../node_modules/@cdklabs/cdk-validator-cfnguard/bin/${PLATFORM}/${PROCESSOR}/cfn-guard`);

/** The names of the rules in rules.guard that the template breaks, according to AWS's cfn-guard. */
export async function brokenRules(template: Template): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-guard-'));
  try {
    const data = join(directory, 'template.json');
    await writeFile(data, JSON.stringify(template));
    const args = ['validate', '--rules', join(here, 'rules.guard'), '--data', data];
    const json = ['--structured', '--output-format', 'json', '--show-summary', 'none'];
    const { code, stdout, stderr } = await run(GUARD, [...args, ...json], {});
    // 19: at least one rule is broken.
    if (code !== 0 && code !== 19) throw new Error(`cfn-guard exited with ${code}: ${stderr}`);
    const [report] = JSON.parse(stdout) as [
      { not_compliant: readonly { Rule: { name: string } }[]; compliant: string[] },
    ];
    const broken = report.not_compliant.map(({ Rule }) => Rule.name).toSorted();
    if (broken.length + report.compliant.length === 0) throw new Error('cfn-guard checked no rule');
    return broken;
  } finally {
    await rm(directory, { recursive: true });
  }
}
