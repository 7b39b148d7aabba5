import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../../../src/resource/resource.ts';
import type { ClusterAddress } from './control-plane.ts';

export interface AdmissionRequest {
  readonly uid: string;
  readonly dryRun: boolean;
}

export interface AdmissionServer {
  readonly url: string;
  /** The certificate authority of the server, as a webhook configuration has it. */
  readonly caBundle: string;
  close(): void;
}

/** A server that a webhook configuration may name: it answers each request with what `review` returns. */
export async function startAdmissionServer(
  { caFile }: Pick<ClusterAddress, 'caFile'>,
  review: (request: AdmissionRequest) => JsonObject | Promise<JsonObject>,
): Promise<AdmissionServer> {
  const [cert, key] = ['server.crt', 'server.key'].map((name) => readFileSync(join(dirname(caFile), name)));
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString()) as { request: AdmissionRequest };
      const answer = async () => {
        const response = { uid: request.uid, ...(await review(request)) };
        outgoing.setHeader('content-type', 'application/json');
        outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
      };
      answer().catch((thrown: unknown) => outgoing.destroy(thrown instanceof Error ? thrown : undefined));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `https://127.0.0.1:${port}/`,
    caBundle: readFileSync(caFile).toString('base64'),
    close: () => void server.close(),
  };
}
