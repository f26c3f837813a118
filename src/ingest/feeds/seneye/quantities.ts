/** The measurements and the status flags of a seneye device, from the README of its Local Data Exchange. */

/** A value in `SUD.data`. The name is part of FQNs and never changes. */
export interface Quantity {
  readonly key: 'T' | 'P' | 'N' | 'K' | 'L' | 'A';
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  /** Values beyond these are impossible for any device and water. */
  readonly least: number;
  readonly most?: number;
  /** Measured with the slide, which wears out in about 30 days. */
  readonly bySlide?: true;
  /** Measured only by a Reef. */
  readonly reefOnly?: true;
}

/** Units as SI and the field write them; the sign of micro is U+00B5. */
export const quantities: readonly Quantity[] = [
  { key: 'T', name: 'temperature', label: 'temperature', unit: '°C', least: -273.15 },
  { key: 'P', name: 'ph', label: 'pH', unit: 'pH', least: 0, most: 14, bySlide: true },
  // Free ammonia, NH3; not the total with ammonium.
  { key: 'N', name: 'ammonia', label: 'ammonia', unit: 'ppm', least: 0, bySlide: true },
  { key: 'K', name: 'kelvin', label: 'color temperature', unit: 'K', least: 0, reefOnly: true },
  { key: 'L', name: 'lux', label: 'illuminance', unit: 'lx', least: 0, reefOnly: true },
  // Photosynthetically active radiation.
  { key: 'A', name: 'par', label: 'PAR', unit: 'µmol/m²/s', least: 0, reefOnly: true },
];

/** A flag in `SUD.data.S`, 0 or 1. */
export interface DeviceFlag {
  readonly key: 'W' | 'S' | 'T' | 'P' | 'N' | 'K';
  readonly name: string;
  readonly label: string;
  /** The measured value that the flag rates. The flag is only as reliable as that value. */
  readonly judges?: Quantity['key'];
}

export const flags: readonly DeviceFlag[] = [
  { key: 'W', name: 'inWater', label: 'in water' },
  // Also set if no slide is fitted. `S` is both the object of all flags and this flag in it.
  { key: 'S', name: 'slideExpired', label: 'slide expired' },
  // Outside of the limits that the user has set.
  { key: 'T', name: 'temperatureAlert', label: 'temperature alert', judges: 'T' },
  { key: 'P', name: 'phAlert', label: 'pH alert', judges: 'P' },
  { key: 'N', name: 'ammoniaAlert', label: 'ammonia alert', judges: 'N' },
  // The light has no color temperature. `K` is 0 then.
  { key: 'K', name: 'kelvinOffLine', label: 'color off the Kelvin line', judges: 'K' },
];
