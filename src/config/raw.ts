/** A part of the file before validation, for rules that are checked together with the schema. */
export type Raw = Readonly<Record<string, unknown>>;

/** The value if it is an object, otherwise an empty object. */
export const object = (value: unknown): Raw => (typeof value === 'object' && value !== null ? (value as Raw) : {});

/** The entries if the value is an array, each as an object. Otherwise empty. */
export const objects = (value: unknown): Raw[] => (Array.isArray(value) ? value.map(object) : []);
