/** One self-signed certificate for all sites of a lab and its TURN server, and the pin by which its browser trusts it alone. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

export interface SiteCertificate {
  readonly key: string;
  readonly certificate: string;
  /** Where both stand: programs of the lab trust the certificate by NODE_EXTRA_CA_CERTS. */
  readonly keyFile: string;
  readonly certificateFile: string;
  /** base64(SHA-256(SubjectPublicKeyInfo)) for Chromium's --ignore-certificate-errors-spki-list. */
  readonly pin: string;
}

export async function createCertificate(
  folder: string,
  sites: readonly string[],
  addresses: readonly string[],
): Promise<SiteCertificate> {
  const [keyFile, certificateFile] = [join(folder, 'site.key'), join(folder, 'site.crt')];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=Warren lab',
    '-addext',
    `subjectAltName=${[...sites.map((site) => `DNS:${site}`), ...addresses.map((ip) => `IP:${ip}`)].join(',')}`,
    '-keyout',
    keyFile,
    '-out',
    certificateFile,
  ]);
  const [key, certificate] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certificateFile, 'utf8')]);
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return { key, certificate, keyFile, certificateFile, pin: createHash('sha256').update(spki).digest('base64') };
}
