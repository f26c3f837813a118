/** The kinds of feeds whose mapping is configured, so that `map` can try it. */
export const mappingKinds = ['mqtt', 'i3'] as const;

/** One of `mappingKinds`. */
export type MappingKind = (typeof mappingKinds)[number];
