import { openapiTypes } from './openapi-types.ts';

/** The TypeScript types of the IoT Open API, from our own description of it. */
export const iotOpenTypes = (): Promise<string> => openapiTypes('iotopen');
