/** Fresh certificate authorities and server certificates for tests, the demo and the bench. Nothing is kept on disk. */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { ServerCertificate } from '../../../simulators/support/certificate.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** A certificate authority that lives only in this process. */
export interface Authority {
  caPem: string;
  /**
   * A server certificate for the given names and addresses; by default this machine's. With `client` it is one by which
   * a client proves itself, and the first name is the client's.
   */
  issue(hosts?: string[], options?: { expired?: boolean; client?: boolean }): Promise<ServerCertificate>;
}

/** Makes an authority with a key of its own; two of them never trust each other's certificates. */
export async function createAuthority(name = 'Test authority'): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    ...validity(false),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    caPem: ca.toString('pem'),
    issue: async (hosts = ['localhost', '127.0.0.1', '::1'], options = {}) => {
      const serverKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${hosts[0] ?? 'localhost'}`,
        issuer: ca.subject,
        publicKey: serverKeys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...validity(options.expired ?? false),
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage[options.client === true ? 'clientAuth' : 'serverAuth'],
          ]),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((host) => ({ type: /^[\d.]+$|:/.test(host) ? 'ip' : 'dns', value: host })),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey));
      return { certPem: certificate.toString('pem'), keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
}

/** A day back, because clocks of machines that meet in a test differ a little. */
function validity(expired: boolean): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: new Date(now - (expired ? 3 : 1) * dayMs),
    notAfter: new Date(now + (expired ? -1 : 30) * dayMs),
  };
}

/** Positive and unlike any other, as RFC 5280 asks. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
