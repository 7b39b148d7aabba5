import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../programs/command.ts';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly admin: { readonly cert: string; readonly key: string };
  readonly serviceAccounts: string;
}

/** A certificate authority for this cluster, created with openssl. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: readonly string[]) => mustRun('openssl', args);
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=headgate-test-ca',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.crt'),
  );
  await writeFile(
    file('server.ext'),
    'subjectAltName=DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.0.0.1\nextendedKeyUsage=serverAuth\n',
  );
  await writeFile(file('client.ext'), 'extendedKeyUsage=clientAuth\n');
  const issue = async (name: string, subject: string, extensions: string) => {
    await openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      subject,
      '-keyout',
      file(`${name}.key`),
      '-out',
      file(`${name}.csr`),
    );
    await openssl(
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      file(`${name}.csr`),
      '-CA',
      file('ca.crt'),
      '-CAkey',
      file('ca.key'),
      '-CAcreateserial',
      '-extfile',
      file(extensions),
      '-out',
      file(`${name}.crt`),
    );
    return { cert: file(`${name}.crt`), key: file(`${name}.key`) };
  };
  const server = await issue('server', '/CN=kube-apiserver', 'server.ext');
  const admin = await issue('admin', '/O=system:masters/CN=admin', 'client.ext');
  await openssl('genrsa', '-out', file('service-accounts.key'), '2048');
  return { ca: file('ca.crt'), server, admin, serviceAccounts: file('service-accounts.key') };
}
