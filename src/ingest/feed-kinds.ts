/** All kinds of feeds, by their key in `settings.ingest`. */
import { egress } from './egress/kind.ts';
import { i3 } from './feeds/i3/kind.ts';
import { iotopen } from './feeds/iotopen/kind.ts';
import { mqtt } from './feeds/mqtt/kind.ts';
import { seneye } from './feeds/seneye/kind.ts';

export const feedKinds = { mqtt, i3, egress, iotopen, seneye };
