/** Names that help texts and code share. This file loads nothing, so that the help does not either. */

/** Environment variable with the name of the context to use. */
export const CONTEXT_VARIABLE = 'IOTA_SEEQDRV_CONTEXT';

/** Environment variable with the milliseconds that a completion may ask the driver. */
export const COMPLETION_VARIABLE = 'IOTA_SEEQDRV_COMPLETION_MS';
