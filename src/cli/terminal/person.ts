/** The name under which others see what this person did. It proves nothing. */
export function personOf(env: NodeJS.ProcessEnv): string {
  return env['USER'] || env['LOGNAME'] || env['USERNAME'] || 'unknown';
}
