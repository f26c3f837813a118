/** A real mosquitto for tests, the demo and the bench, with everything that can go wrong around it. */
export { connectPlain, type Heard, type PlainClient } from './client.ts';
export type { ListenerOptions, MosquittoSettings } from './config.ts';
export { startMosquitto, type Mosquitto, type MosquittoOptions } from './server.ts';
