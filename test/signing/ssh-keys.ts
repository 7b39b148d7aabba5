import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory with keys of the real ssh-keygen. */
export class SshKeys {
  readonly directory = mkdtempSync(join(tmpdir(), 'headgate-ssh-'));
  #keys = 0;

  /** The path of a new private key. `args`: of ssh-keygen, such as `-t rsa`. */
  make(args: readonly string[], passphrase = ''): string {
    this.#keys += 1;
    const path = join(this.directory, `key-${this.#keys}`);
    execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', 'headgate', ...args, '-f', path]);
    return path;
  }

  /** The line of a file with allowed signers. */
  allowed(email: string, key: string): string {
    return `${email} ${readFileSync(`${key}.pub`, 'utf8')}`;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
