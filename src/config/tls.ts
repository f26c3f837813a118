/** The object `tls` of every connection. Its files are read again for every connection. */
import { z } from 'zod';
import { hostName } from './fields.ts';
import { certificateFile, keyFile, type Reference } from './references.ts';
import { rule, type Report } from './rules.ts';

/** The keys of `tls`. @param peer the other side, as a noun with its article: `the broker` */
export const tlsKeys = (peer: string) => ({
  caFile: certificateFile()
    .optional()
    .describe('PEM file of the authorities to trust instead of the public ones. Relative to the configuration file.'),
  certFile: certificateFile().optional().describe('PEM file of the client certificate of the driver.'),
  keyFile: keyFile().optional().describe('PEM file of the private key of `certFile`.'),
  serverName: hostName()
    .optional()
    .describe(`Host name that the certificate of ${peer} must have, if it differs from the one in the address.`),
  insecureSkipVerify: z
    .boolean()
    .default(false)
    .describe(
      `Do not check the certificate of ${peer}. For a laboratory only: a man in the middle can read the password.`,
    ),
});

/** `tls` of a connection to a server. */
export const tlsSchema = (peer: string) => z.strictObject(tlsKeys(peer)).check(wholeCertificate());

/** `tls` of a listener. Both files are read again every minute, so that a renewed certificate is used. */
export const listenerTlsSchema = () =>
  z.strictObject({
    certFile: certificateFile().describe(
      'PEM file of the certificate, with the intermediate certificates. Relative to the configuration file.',
    ),
    keyFile: keyFile().describe('PEM file of its private key.'),
  });

/** A certificate cannot be used without its key. */
export const wholeCertificate = () =>
  rule<{ certFile?: Reference | undefined; keyFile?: Reference | undefined }, 'certFile' | 'keyFile'>(
    ['certFile', 'keyFile'],
    (tls, report) => {
      if ((tls.certFile === undefined) === (tls.keyFile === undefined)) return;
      if (tls.certFile === undefined) report.problem(['certFile'], 'is missing: the certificate of tls.keyFile');
      else report.problem(['keyFile'], 'is missing: the private key of tls.certFile');
    },
  );

/** As parsed. */
export type TlsSetting = z.output<ReturnType<typeof tlsSchema>>;

/**
 * Reports what of `tls` has no effect, and what is dangerous.
 * @param plain the remedy, if the connection is not encrypted: `https://`
 */
export function checkTls(tls: TlsSetting, plain: string | undefined, report: Report): void {
  const given = (['caFile', 'certFile', 'keyFile', 'serverName'] as const).filter((key) => tls[key] !== undefined);
  if (plain !== undefined) {
    for (const key of given) report.problem(['tls', key], `only goes with ${plain}`);
    if (tls.insecureSkipVerify) report.warning(['tls', 'insecureSkipVerify'], 'has no effect without TLS');
    return;
  }
  if (!tls.insecureSkipVerify) return;
  report.warning(['tls', 'insecureSkipVerify'], 'is on: anyone on the way to the server can read the password');
  for (const key of given.filter((one) => one === 'caFile' || one === 'serverName')) {
    report.warning(['tls', key], 'has no effect with insecureSkipVerify');
  }
}
