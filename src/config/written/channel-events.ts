/** What a channel may report. */
export const CHANNEL_EVENTS = [
  'deployed',
  'failed',
  'refused',
  'partial',
  'ready',
  'not-ready',
  'waiting',
  'held',
  'released',
  'drift',
  'image',
  'promoted',
] as const;
export type ChannelEvent = (typeof CHANNEL_EVENTS)[number];

/** In ascending order. */
export const SEVERITIES = ['info', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];
