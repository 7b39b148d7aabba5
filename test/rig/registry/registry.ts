import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../cluster/control-plane.ts';
import { startChild } from '../programs/child.ts';
import type { Child } from '../programs/child.ts';
import { pushImage } from './push-image.ts';

/** A real distribution registry, with images of two layers. */
export interface Registry {
  /** `127.0.0.1:5000` */
  readonly host: string;
  /** Pushes an image under a tag and returns its digest. Equal contents make equal images. */
  push(repository: string, tag: string, contents?: string): Promise<string>;
  close(): Promise<void>;
}

export interface RegistryNotifications {
  readonly url: string;
  readonly authorization: string;
}

export async function startRegistry(
  program: string,
  directory: string,
  notifications: RegistryNotifications | null = null,
): Promise<Registry> {
  await mkdir(directory, { recursive: true });
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const config = join(directory, 'config.yml');
  await writeFile(config, JSON.stringify(settings({ host, directory, notifications })));
  const child = startChild('registry', [program, 'serve', config], join(directory, 'registry.log'));
  await ready(host, child);
  const pushed = new Set<string>();
  return {
    host,
    push: (repository, tag, contents = tag) =>
      pushImage(`http://${host}/v2/${repository}`, { tag, contents, pushed, authorization: null }),
    close: () => child.stop(),
  };
}

/** JSON is YAML. */
function settings({
  host,
  directory,
  notifications,
}: {
  host: string;
  directory: string;
  notifications: RegistryNotifications | null;
}) {
  const endpoint = (to: RegistryNotifications) => ({
    name: 'headgate',
    url: to.url,
    headers: { Authorization: [to.authorization] },
    timeout: '5s',
    threshold: 3,
    backoff: '100ms',
    ignore: { actions: ['pull'], mediatypes: ['application/octet-stream'] },
  });
  return {
    version: 0.1,
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: host },
    ...(notifications === null ? {} : { notifications: { endpoints: [endpoint(notifications)] } }),
  };
}

const START_MS = 30_000;

async function ready(host: string, child: Child): Promise<void> {
  const untilMs = Date.now() + START_MS;
  for (;;) {
    const isUp = await fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode() !== null || Date.now() > untilMs)
      throw new Error(`the registry did not start: ${await child.lastOutput()}`);
    await pause(50);
  }
}
