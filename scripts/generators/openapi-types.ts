import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';

/** The TypeScript types of a vendor's API, from our own description of it, `openapi/<name>.yaml`. */
export async function openapiTypes(name: string): Promise<string> {
  const description = new URL(`../../openapi/${name}.yaml`, import.meta.url);
  return `${COMMENT_HEADER}${astToString(await openapiTypescript(description))}`;
}
