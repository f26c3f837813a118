/** The small marketplace of the demo and of a start by hand: one seller with a pond, one buyer. */
import { generateKeyPairSync } from 'node:crypto';
import type { I3BrokerOptions } from './broker.ts';

/** An RSA key pair as the marketplace and a device hold it. */
export interface DeviceKey {
  /** PEM, PKCS#8. */
  readonly privatePem: string;
  /** What the seller pastes into the marketplace's form: base64 without the lines of PEM. */
  readonly publicBody: string;
}

export function createDeviceKey(bits = 2048): DeviceKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicBody: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

export const EXAMPLE = {
  temperature: 'ann/pond/temperature',
  /** Restricted: the seller has to approve a purchase. */
  ph: 'ann/pond/ph',
  /** A device with a password. */
  probe: { username: 'ann$pond$probe1', password: 'probe-password' },
  /** A device with a key; who starts the broker brings it. */
  keyProbe: 'ann$pond$probe2',
  buyer: { username: 'bob', password: 'k3j9x0q2m4z7' },
} as const;

/** For `startI3Broker`. */
export function exampleMarketplace(key: DeviceKey): Pick<I3BrokerOptions, 'products' | 'users'> {
  const { temperature, ph, probe, keyProbe, buyer } = EXAMPLE;
  return {
    products: { [temperature]: {}, [ph]: { restricted: true } },
    users: {
      [probe.username]: { password: probe.password },
      [keyProbe]: { publicKey: key.publicBody },
      [buyer.username]: { password: buyer.password },
    },
  };
}
