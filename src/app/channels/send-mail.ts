import { createTransport } from 'nodemailer';
import type { MailMessage } from '../../channels/port.ts';
import { isLoopback } from '../../config/written/address.ts';
import { reasonOf } from '../../error/deploy-error.ts';
import { refusal, unreachable } from './channel-error.ts';
import { DEADLINE_MS } from './channel-connection.ts';
import type { ChannelConnection } from './channel-connection.ts';

/** Over `smtps://`, or `smtp://` with STARTTLS; without encryption only to this machine. */
export async function sendMail(
  message: MailMessage,
  connection: ChannelConnection,
  signal: AbortSignal,
): Promise<void> {
  const { from, to, subject, text, html, messageId } = message;
  const address = URL.parse(message.server);
  if (address === null || !/^smtps?:$/.test(address.protocol) || address.hostname === '')
    throw refusal(connection, {
      status: null,
      text: 'its address is not one of a mail server: smtps://user:password@host',
    });
  const timeoutMs = connection.deadlineMs ?? DEADLINE_MS;
  const isSecure = address.protocol === 'smtps:';
  const transport = createTransport({
    host: address.hostname.replaceAll(/[[\]]/g, ''),
    port: address.port === '' ? (isSecure ? 465 : 587) : Number(address.port),
    secure: isSecure,
    requireTLS: !isSecure && !isLoopback(address.hostname),
    ...(address.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(address.username), pass: decodeURIComponent(address.password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Nothing in a text makes it read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const close = () => transport.close();
  signal.addEventListener('abort', close);
  try {
    await transport.sendMail({ from, to: [...to], subject, text, html, messageId });
  } catch (cause) {
    signal.throwIfAborted();
    const status = codeIn(cause);
    if (status !== null && status >= 500) throw refusal(connection, { status, text: reasonOf(cause) });
    throw unreachable(connection, { reason: reasonOf(cause), afterMs: null });
  } finally {
    signal.removeEventListener('abort', close);
    transport.close();
  }
}

/** The server's reply: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1 */
function codeIn(cause: unknown): number | null {
  const code = cause instanceof Error && 'responseCode' in cause ? cause.responseCode : null;
  return typeof code === 'number' ? code : null;
}
