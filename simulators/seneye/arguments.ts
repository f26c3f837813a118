/** The command line of the sender. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DEVICE_TYPES, type DeviceOptions, type DeviceType, type VersionKey } from './device.ts';
import type { Alphabet } from './encoding.ts';
import type { SeneyeSenderOptions } from './sender.ts';

export const HELP = `A seneye sender: posts signed readings of simulated devices to a receiver of the Local Data Exchange.

  node simulators/seneye/main.ts --url http://127.0.0.1:7878/localexchange/endpoint

  --url URL            where to post
  --source ID          id in the header X-SENEYE (SWS_0001)
  --secret-file FILE   file with the secret of the source (by default the secret is AAAAAAAA)
  --device NAME[:TYPE] a device; TYPE is home, pond or reef; can be given several times (Office:home)
  --interval SECONDS   between two posts of a device (10; the real one takes 30 minutes)
  --once               post once and end
  --signature FORM     alphabet of the signature: standard or url (standard)
  --payload FORM       alphabet of the payload: standard or url (url)
  --no-padding         no = at the end of the signature
  --payload-padding    = at the end of the payload
  --version-key KEY    name of the version: ver, version or none (ver)
  --skew SECONDS       how far the clocks of the devices are ahead (0); --skew=-60 for behind
  --out-of-water       the devices are out of water
  --slide-expired      their slides have expired
  --pieces N           pieces of each body (1)
  --pause MS           between two pieces (0)
  --attempts N         attempts for each reading (1, as the real one)
  --ca FILE            PEM file of the authority to trust, for https
`;

/** What the command line asks for. */
export interface SenderArguments {
  readonly help: boolean;
  readonly once: boolean;
  readonly caFile: string | undefined;
  readonly skewSeconds: number;
  readonly inWater: boolean;
  readonly slideExpired: boolean;
  readonly options: SeneyeSenderOptions;
}

/**
 * Reads the command line.
 * @throws Error with a text for the person who typed it
 */
export function readArguments(args: string[]): SenderArguments {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:7878/localexchange/endpoint' },
      source: { type: 'string', default: 'SWS_0001' },
      'secret-file': { type: 'string' },
      device: { type: 'string', multiple: true, default: ['Office:home'] },
      interval: { type: 'string', default: '10' },
      once: { type: 'boolean', default: false },
      signature: { type: 'string', default: 'standard' },
      payload: { type: 'string', default: 'url' },
      'no-padding': { type: 'boolean', default: false },
      'payload-padding': { type: 'boolean', default: false },
      'version-key': { type: 'string', default: 'ver' },
      skew: { type: 'string', default: '0' },
      'out-of-water': { type: 'boolean', default: false },
      'slide-expired': { type: 'boolean', default: false },
      pieces: { type: 'string', default: '1' },
      pause: { type: 'string', default: '0' },
      attempts: { type: 'string', default: '1' },
      ca: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { 'secret-file': secretFile } = values;
  const signature = oneOf<Alphabet>('--signature', values.signature, ['standard', 'url']);
  return {
    help: values.help,
    once: values.once,
    caFile: values.ca,
    skewSeconds: number('--skew', values.skew, -Infinity),
    inWater: !values['out-of-water'],
    slideExpired: values['slide-expired'],
    options: {
      url: values.url,
      source: values.source,
      secret: secretFile === undefined ? 'AAAAAAAA' : readFileSync(secretFile, 'utf8').trimEnd(),
      devices: values.device.map(readDevice),
      encoding: {
        signature,
        signaturePadding: signature === 'standard' && !values['no-padding'],
        payload: oneOf<Alphabet>('--payload', values.payload, ['standard', 'url']),
        payloadPadding: values['payload-padding'],
      },
      versionKey: oneOf<VersionKey>('--version-key', values['version-key'], ['ver', 'version', 'none']),
      ...(values.once ? {} : { intervalMs: number('--interval', values.interval, 0.01) * 1000 }),
      pieces: number('--pieces', values.pieces, 1),
      pauseMs: number('--pause', values.pause, 0),
      attempts: number('--attempts', values.attempts, 1),
    },
  };
}

function readDevice(text: string): DeviceOptions {
  const [name = '', type = 'home'] = text.split(':');
  return { name, type: oneOf<DeviceType>('--device', type, Object.keys(DEVICE_TYPES) as DeviceType[]) };
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new Error(`${option}: ${JSON.stringify(text)} is none of ${known.join(', ')}.`);
  return found;
}

function number(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new Error(
      `${option}: ${JSON.stringify(text)} is no number${least === -Infinity ? '' : ` of at least ${least}`}.`,
    );
  }
  return value;
}
