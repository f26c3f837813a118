/** NKey identities for tests, the demo and the bench. */
import { createUser } from 'nkeys.js';

/** One user: the server knows the public key, the user signs with the seed. */
export interface UserKey {
  publicKey: string;
  seed: string;
}

export function createUserKey(): UserKey {
  const pair = createUser();
  return { publicKey: pair.getPublicKey(), seed: Buffer.from(pair.getSeed()).toString('ascii') };
}
