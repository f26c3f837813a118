/** A part of the file as it was read, for rules that also speak where something else is wrong with it. */
export type Raw = Readonly<Record<string, unknown>>;

/** The value if it is an object, else an empty one. */
export const object = (value: unknown): Raw => (typeof value === 'object' && value !== null ? (value as Raw) : {});

/** The entries if the value is a list, each as an object; else none. */
export const objects = (value: unknown): Raw[] => (Array.isArray(value) ? value.map(object) : []);
