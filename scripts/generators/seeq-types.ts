import { openapiTypes } from './openapi-types.ts';

/** The TypeScript types of the Seeq API, from our own description of it. */
export const seeqTypes = (): Promise<string> => openapiTypes('seeq');
