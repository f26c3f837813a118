import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';

/** The TypeScript types of the Seeq API, from our own description of it. */
export async function seeqTypes(): Promise<string> {
  const description = new URL('../../openapi/seeq.yaml', import.meta.url);
  return `${COMMENT_HEADER}${astToString(await openapiTypescript(description))}`;
}
