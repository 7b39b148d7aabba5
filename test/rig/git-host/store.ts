import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredStatus {
  readonly fullName: string;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string;
  readonly createdAt: string;
  /** The user who wrote it. */
  readonly creator: string;
}

export interface Webhook {
  readonly id: number;
  readonly url: string;
  readonly secret: string;
  readonly contentType: 'json' | 'form';
  readonly events: readonly string[];
  readonly active: boolean;
}

export interface StoredRepository {
  readonly id: number;
  readonly webhooks: readonly Webhook[];
}

/** The host's data besides its bare repositories. It survives a restart. */
export interface Store {
  readonly repositories: ReadonlyMap<string, StoredRepository>;
  readonly statuses: readonly StoredStatus[];
  saveRepository(fullName: string, repository: StoredRepository): void;
  addStatus(status: StoredStatus): void;
}

export function openStore(directory: string): Store {
  mkdirSync(directory, { recursive: true });
  const repositoriesFile = join(directory, 'repositories.json');
  const statusesFile = join(directory, 'statuses.jsonl');
  const known: Readonly<Record<string, StoredRepository>> = JSON.parse(read(repositoriesFile) || '{}');
  const repositories = new Map(Object.entries(known));
  const lines = read(statusesFile).split('\n').slice(0, -1);
  const statuses = lines.map((line): StoredStatus => JSON.parse(line));
  return {
    repositories,
    statuses,
    saveRepository(fullName, repository) {
      repositories.set(fullName, repository);
      writeFileSync(`${repositoriesFile}.new`, JSON.stringify(Object.fromEntries(repositories)));
      renameSync(`${repositoriesFile}.new`, repositoriesFile);
    },
    addStatus(status) {
      statuses.push(status);
      appendFileSync(statusesFile, `${JSON.stringify(status)}\n`);
    },
  };
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
