/**
 * All kinds of sources, by the key of their list in `settings`. A new kind needs a folder in `src/sources`, with its
 * configuration, and a line here.
 */
import { seeq } from '../sources/seeq/kind.ts';

export const sourceKinds = { servers: seeq };
