/** A server's certificate and its private key. */
export interface ServerCertificate {
  certPem: string;
  keyPem: string;
}
