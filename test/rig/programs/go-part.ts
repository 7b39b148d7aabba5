import { writeFile } from 'node:fs/promises';
import { sha256 } from './cache.ts';
import { mustRun, run } from './command.ts';

/** A program that is downloaded, or built from its Go modules where its release cannot be reached. */
export interface GoPart {
  readonly name: string;
  readonly package: string;
  /** With the go.mod and go.sum that pin the build. */
  readonly moduleDirectory: string;
  readonly ldflags: string;
  /** More arguments of `go build`. */
  readonly flags?: readonly string[];
  /** Needs gcc. */
  readonly usesC?: boolean;
  /** The project's release, if it is one executable file; the release's own list has its checksum. */
  readonly release: string | null;
  /** What to do without Go. */
  readonly remedy: string;
}

/** `downloaded` or `built`, into the file. */
export async function makeGoPart(part: GoPart, to: string, env: NodeJS.ProcessEnv): Promise<'downloaded' | 'built'> {
  if (await download(part, to)) return 'downloaded';
  await build(part, to, env);
  return 'built';
}

const CONNECT_MS = 5000;

/** False if the release cannot be reached. A file that does not match its published checksum is an error. */
async function download({ release, name }: GoPart, to: string): Promise<boolean> {
  if (release === null) return false;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CONNECT_MS);
  try {
    const published = await fetch(`${release}.sha256`, { signal: controller.signal });
    clearTimeout(timer);
    if (!published.ok) return false;
    const [wanted = ''] = (await published.text()).trim().split(/\s/);
    const answer = await fetch(release);
    if (!answer.ok) return false;
    await writeFile(to, Buffer.from(await answer.arrayBuffer()));
    const got = await sha256(to);
    if (got !== wanted)
      throw new ChecksumError(
        `${name}: checksum mismatch: the download has sha256 ${got}, the release publishes ${wanted}. Run this again.`,
      );
    return true;
  } catch (thrown) {
    if (thrown instanceof ChecksumError) throw thrown;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

class ChecksumError extends Error {}

/** Each build is pinned by its go.sum. */
async function build(
  { name, package: target, moduleDirectory: cwd, ldflags, flags = [], usesC = false, remedy }: GoPart,
  to: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const version = await run('go', ['env', 'GOVERSION']).catch(() => null);
  const [, minor] = /^go1\.(\d+)/.exec(version?.stdout ?? '') ?? [];
  if (minor === undefined || Number(minor) < 26) {
    throw new Error(
      `${name} is missing: its official release cannot be downloaded, and Go 1.26 or later, which could build it, is not on the PATH.\n` +
        `Install Go (https://go.dev/dl)${remedy}.`,
    );
  }
  process.stderr.write(`building ${name} from its Go modules; the first build takes some minutes\n`);
  await mustRun(
    'go',
    ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', ...flags, '-ldflags', ldflags, '-o', to, target],
    { cwd, env: { ...env, CGO_ENABLED: usesC ? '1' : '0' } },
  );
}
