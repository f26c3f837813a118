/** The first packet of an MQTT connection, CONNECT: read from a stream that may be slow or invalid, and rewritten. */
import type { Duplex } from 'node:stream';
import { generate, parser, type IConnectPacket } from 'mqtt-packet';

/** What a client says of itself. */
export interface MqttLogin {
  readonly clientId: string;
  readonly username: string | undefined;
  /** Binary by the standard; read as UTF-8. */
  readonly password: string | undefined;
  /** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5. */
  readonly protocolVersion: 3 | 4 | 5;
}

/** Why a login is refused, by the names of MQTT 5. */
export type MqttRefusal = 'badUserNameOrPassword' | 'notAuthorized' | 'unsupportedVersion' | 'serverUnavailable';

/** A whole CONNECT packet and what the client sent right behind it, without waiting for an answer. */
export interface ReadConnect {
  readonly packet: IConnectPacket;
  readonly rest: Buffer;
}

/** User name, password and client id may have 64 KiB each, and a will as much again. */
const LONGEST_CONNECT = 5 * 65_536;

/**
 * Reads up to the end of CONNECT and leaves the stream paused.
 * @throws Error when it is no CONNECT, too long, cut off, or not whole after `timeoutMs`
 */
export function readConnect(stream: Duplex, timeoutMs: number): Promise<ReadConnect> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadConnect>();
  let bytes: Buffer = Buffer.alloc(0);
  const fail = (why: string) => (): void => {
    reject(new Error(why));
  };
  const late = fail(`No whole CONNECT packet came within ${timeoutMs} ms.`);
  const gone = fail('The connection ended before its CONNECT packet.');
  const timer = setTimeout(late, timeoutMs);
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    try {
      const end = endOfConnect(bytes);
      if (end === undefined || bytes.length < end) return;
      stream.pause();
      resolve({ packet: parseConnect(bytes.subarray(0, end)), rest: bytes.subarray(end) });
    } catch (error) {
      reject(error);
    }
  };
  stream.on('data', take).on('end', gone).on('close', gone);
  return promise.finally(() => {
    clearTimeout(timer);
    stream.off('data', take).off('end', gone).off('close', gone);
  });
}

/** Where the packet ends; undefined while its length is not known yet. */
function endOfConnect(bytes: Buffer): number | undefined {
  if (bytes.length > 0 && bytes[0] !== 0x10) throw new Error('The first packet is no CONNECT.');
  let length = 0;
  for (let at = 1; at <= 4; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (length > LONGEST_CONNECT) throw new Error(`A CONNECT packet of ${length} bytes is too long.`);
    if ((byte & 0x80) === 0) return at + 1 + length;
  }
  throw new Error('The length of the first packet is malformed.');
}

function parseConnect(bytes: Buffer): IConnectPacket {
  const reader = parser();
  const parsed: IConnectPacket[] = [];
  let problem: unknown;
  reader.on('packet', (packet) => {
    if (packet.cmd === 'connect') parsed.push(packet);
  });
  reader.on('error', (error) => {
    problem = error;
  });
  reader.parse(bytes);
  const [packet] = parsed;
  if (packet === undefined) throw new Error('The CONNECT packet is malformed.', { cause: problem });
  return packet;
}

export const loginOf = ({ clientId, username, password, protocolVersion }: IConnectPacket): MqttLogin => ({
  clientId,
  username,
  password: password?.toString('utf8'),
  protocolVersion: protocolVersion ?? 4,
});

/** The same CONNECT with another login; everything else stays. */
export function rewriteConnect(
  packet: IConnectPacket,
  login: { username?: string | undefined; password?: string | undefined; clientId?: string | undefined },
): Buffer {
  const { username: _user, password: _password, ...rest } = packet;
  const rewritten: IConnectPacket = {
    ...rest,
    ...(login.username === undefined ? {} : { username: login.username }),
    ...(login.password === undefined ? {} : { password: Buffer.from(login.password, 'utf8') }),
    ...(login.clientId === undefined ? {} : { clientId: login.clientId }),
  };
  return generate(rewritten, { protocolVersion: packet.protocolVersion ?? 4 });
}

const RETURN_CODES: Record<MqttRefusal, number> = {
  unsupportedVersion: 1,
  serverUnavailable: 3,
  badUserNameOrPassword: 4,
  notAuthorized: 5,
};
const REASON_CODES: Record<Exclude<MqttRefusal, 'unsupportedVersion'>, number> = {
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
};

/** The CONNACK of a refusal. A broker that knows no MQTT 5 says so in the form of 3.1.1, since it knows no other. */
export function refusingConnack(protocolVersion: 3 | 4 | 5, refusal: MqttRefusal): Buffer {
  if (protocolVersion !== 5 || refusal === 'unsupportedVersion')
    return Buffer.from([0x20, 2, 0, RETURN_CODES[refusal]]);
  return Buffer.from([0x20, 3, 0, REASON_CODES[refusal], 0]);
}
