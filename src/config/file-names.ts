/** Default locations of the configuration. They are separate so that help texts can use them without the loader. */

/** Default name of the file, in the working directory. The name follows IOTA's other drivers. */
export const CONFIG_FILE = 'iota.seeqdrv.json';

/** Environment variable with the path of the file. */
export const CONFIG_VARIABLE = 'IOTA_SEEQDRV_CONFIG';

/** Name of the key file, set by IOTA: beside the configuration file, unless a key or a variable sets another path. */
export const KEY_FILE = 'privatekey.nk';

/** Environment variable with the path of the key file. */
export const KEY_VARIABLE = 'IOTA_SEEQDRV_KEY';
