/** Where the driver looks for its configuration. Names by themselves, for whoever only tells them to a person. */

/** Name of the file if none is given: in the working directory. The name follows IOTA's other drivers. */
export const CONFIG_FILE = 'iota.seeqdrv.json';

/** Environment variable that names the file. */
export const CONFIG_VARIABLE = 'IOTA_SEEQDRV_CONFIG';

/** Name of the key file, fixed by IOTA: beside the configuration file, unless a key or a variable names another. */
export const KEY_FILE = 'privatekey.nk';

/** Environment variable that names the key file. */
export const KEY_VARIABLE = 'IOTA_SEEQDRV_KEY';
