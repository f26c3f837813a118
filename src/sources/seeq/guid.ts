/** Ids of Seeq's items: GUIDs in all releases. They become parts of URLs and filters, so nothing else is accepted. */
import { DriverError } from '../../contract/errors.ts';
import { type JsonObject, textIn, UnexpectedJson } from '../../net/json-fields.ts';

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isGuid = (text: string): boolean => GUID.test(text);

/** An id from a caller, in Seeq's form. @throws DriverError `badRequest` */
export function guid(id: string): string {
  if (isGuid(id)) return id.toUpperCase();
  throw new DriverError('badRequest', `${JSON.stringify(id.slice(0, 100))} is not an id of Seeq (a GUID).`, {
    details: { field: 'fqn' },
  });
}

/**
 * The id of an item in an answer. Any other text would be displayed, and then rejected when it is used. @throws
 * UnexpectedJson
 */
export function guidIn(item: JsonObject): string {
  const id = textIn(item, 'id');
  if (isGuid(id)) return id;
  throw new UnexpectedJson('"id" is not an id of Seeq (a GUID)');
}
