import * as z from 'zod/mini';
import { receive } from '../../../deploy/webhook/receive.ts';
import type { Answer, Reception, WebhookRequest } from '../../../deploy/webhook/reception.ts';

/** Lambda's limit per call; above it, Lambda itself answers 413. GitHub sends up to 25 MB: the sweep finds such a push. */
export const BODY_LIMIT_BYTES = 6 * 1024 * 1024;

/** The event of a request to a function URL: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
const Event = z.object({
  rawPath: z.string(),
  rawQueryString: z.optional(z.string()),
  headers: z.optional(z.record(z.string(), z.string())),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.boolean()),
});

export interface FunctionUrlAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Serves `receive` behind a function URL. */
export async function answerFunctionUrl(
  event: unknown,
  reception: Reception,
  signal: AbortSignal,
): Promise<FunctionUrlAnswer> {
  return resultOf(await receive(requestOf(z.parse(Event, event), reception), reception, signal));
}

/** The signature covers the bytes as they were sent, so decode what Lambda encoded: it passes text as is, everything else in base64. */
function requestOf(event: z.infer<typeof Event>, { limitBytes }: Reception): WebhookRequest {
  const { rawPath, rawQueryString = '', headers = {}, requestContext, isBase64Encoded = false } = event;
  const body = Buffer.from(event.body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  return {
    method: requestContext.http.method,
    path: rawQueryString === '' ? rawPath : `${rawPath}?${rawQueryString}`,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: body.length > limitBytes ? 'too-large' : body,
  };
}

function resultOf({ status, headers = {}, body }: Answer): FunctionUrlAnswer {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
