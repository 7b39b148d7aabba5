/** What a URL receives is nested in its event, so only who may invoke the function sends this at the top. */
export function isCodecommitEvent(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'source' in event && event.source === 'aws.codecommit';
}
