/** The kinds of feeds with a configured mapping, which `map` can test. */
export const mappingKinds = ['mqtt', 'i3'] as const;

/** One of `mappingKinds`. */
export type MappingKind = (typeof mappingKinds)[number];
