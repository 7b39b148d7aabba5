import { userInfo } from 'node:os';

/** The name under which others see what this person did. It proves nothing. */
export function personOf(env: NodeJS.ProcessEnv): string {
  return env['USER'] || env['LOGNAME'] || env['USERNAME'] || accountName() || 'unknown';
}

/** Containers and cron set none of the variables. An account may have no name there either, which throws. */
function accountName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
