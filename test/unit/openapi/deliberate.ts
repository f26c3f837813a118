/**
 * Where `openapi/seeq.yaml` differs from the declared names on purpose. Operations that write, and those that neither a
 * driver nor Seeq's own client needs for reading, are in neither of the two.
 */
import type { Deliberate } from './compare.ts';

const narrower = (at: string, declared: string, bounds: string, why: string): Deliberate => ({
  at,
  declared,
  described: `${declared} (${bounds})`,
  why,
});

export const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

const ID = 'Ids are GUIDs.';
const WORDS = 'The words are listed in the documentation of the parameter; the declared type is any text.';
const SCALAR = 'A number, text or truth value; missing when invalid, in spite of the declaration.';
const BEFORE_63 = 'Paging before release 63, which the client of release 66 no longer declares.';
const REFUSAL = 'The body of a refusal, which no client declares.';

export const DELIBERATE: readonly Deliberate[] = [
  narrower('* path id', 'str*', 'format uuid', ID),
  narrower('* path workbookId', 'str*', 'format uuid', ID),
  narrower('* path worksheetId', 'str*', 'format uuid', ID),
  narrower('search_items query asset', 'str', 'format uuid', ID),
  narrower('get_asset_children_by_name query asset', 'str*', 'format uuid', ID),

  narrower('* query offset', 'int', 'minimum 0', 'Nothing lies before the first entry.'),
  narrower('* query limit', 'int', 'minimum 1', 'A page has at least one entry.'),
  narrower('ItemSearchInputV1.offset', 'int = 0', 'minimum 0', 'Nothing lies before the first entry.'),
  narrower('FormulaRunInputV1.limit', 'int', 'minimum 1', 'A page has at least one entry.'),
  narrower('ItemSearchInputV1.limit', 'int = 40', 'minimum 1', 'A page has at least one entry.'),

  narrower('* query timeFormat', 'str', 'enum ["Legacy","ISO8601","Nanoseconds"]', WORDS),
  narrower('FormulaRunInputV1.timeFormat', 'str', 'enum ["Legacy","ISO8601","Nanoseconds",null]', WORDS),
  narrower('* query boundaryValues', 'str', 'enum ["Outside","Inclusive","Interpolate"]', WORDS),
  narrower('* query lookup', 'str', 'enum ["Interpolate","Before","AtOrBefore","At","AtOrAfter","After"]', WORDS),
  {
    at: 'run_formula query function',
    declared: '?',
    described: 'str',
    why: 'The id of a function; declared without type.',
  },

  { at: 'SampleOutputV1.key', declared: 'object', described: 'str|int', why: 'ISO 8601, or whole nanoseconds.' },
  { at: 'CapsuleV1.end', declared: 'object', described: 'str|int', why: 'ISO 8601, or whole nanoseconds.' },
  { at: 'CapsuleV1.cursorKey', declared: 'object', described: 'str|int', why: 'ISO 8601, or whole nanoseconds.' },
  {
    at: 'CapsuleV1.id',
    declared: 'str*',
    described: 'str (x-declared-required true)',
    why: 'Missing in a capsule without start and end, in spite of the declaration.',
  },
  {
    at: 'CapsuleV1.start',
    declared: 'object*',
    described: 'str|int (x-declared-required true)',
    why: 'Missing in capsules that have no beginning, in spite of the declaration.',
  },
  { at: 'SampleOutputV1.value', declared: 'object', described: 'str|float|bool', why: 'What a sample can be.' },
  ...['ScalarPropertyV1', 'ScalarValueOutputV1', 'ScalarEvaluateOutputV1'].map((model) => ({
    at: `${model}.value`,
    declared: 'object*',
    described: 'str|float|bool (x-declared-required true)',
    why: SCALAR,
  })),

  { at: '* query offset', declared: undefined, described: 'int (minimum 0, x-releases <63)', why: BEFORE_63 },
  { at: 'FormulaRunInputV1.offset', declared: undefined, described: 'int (minimum 0, x-releases <63)', why: BEFORE_63 },

  { at: '* refusal', declared: undefined, described: 'ErrorOutput', why: REFUSAL },
  { at: 'ErrorOutput', declared: undefined, described: 'model', why: REFUSAL },
  { at: 'ErrorOutput.statusMessage', declared: undefined, described: 'str', why: REFUSAL },
  {
    at: 'ErrorOutput._embedded',
    declared: undefined,
    described: 'dict(errors: list[dict(message: str)])',
    why: REFUSAL,
  },
  { at: 'ErrorOutput.(model)', declared: undefined, described: '(additionalProperties true)', why: REFUSAL },
];
