/** The user beside the secret in every delivery. */
export const WEBHOOK_USER = 'headgate';
