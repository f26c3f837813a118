/** The usual ports of one broker: plain, with TLS and over WebSocket. */
const USUAL_PORTS = ['', '80', '443', '1883', '8883', '9001', '9010'];

/** The same text for the same broker, as far as its URL shows. Undefined if it is not a valid URL. */
export function brokerOf(text: unknown): string | undefined {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null || url.hostname === '') return undefined;
  return `${url.hostname.toLowerCase()}:${USUAL_PORTS.includes(url.port) ? 'usual' : url.port}`;
}
