/** What the queue that pushed a message does next: remove it, or push it again. */
export type Settlement =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterSeconds: number }
  /** Pushing it again would not help. */
  | { readonly kind: 'unreadable' };
