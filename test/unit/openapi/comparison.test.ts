import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compare, type Comparison } from './compare.ts';
import { DELIBERATE, MEDIA_TYPE } from './deliberate.ts';
import { namesOf, type Description, type Names, type Operation, type Parameter, type Schema } from './described.ts';

const declared = JSON.parse(readFileSync(new URL('declared-names.json', import.meta.url), 'utf8')) as Names;
const description = parse(readFileSync(new URL('../../../openapi/seeq.yaml', import.meta.url), 'utf8')) as Description;

/** The comparison with a description that differs from the real one as the test says. */
function after(change: (copy: Description) => void): Comparison {
  const copy = structuredClone(description);
  change(copy);
  return compare(declared, namesOf(copy, MEDIA_TYPE), DELIBERATE);
}

describe("the description of the Seeq API beside the names that Seeq's client declares", () => {
  it('differs from them only on purpose', () => {
    expect(compare(declared, namesOf(description, MEDIA_TYPE), DELIBERATE)).toEqual({ unexpected: [], stale: [] });
  });

  it('has all that is declared', () => {
    expect(Object.keys(declared.operations)).toHaveLength(69);
    expect(Object.keys(declared.models)).toHaveLength(97);
  });
});

describe('the comparison finds', () => {
  it.each<[what: string, change: (copy: Description) => void, found: readonly string[]]>([
    [
      'a field that is misspelt',
      (copy) => {
        rename(fields(copy, 'SignalOutputV1'), 'valueUnitOfMeasure', 'valueUnitOfMeasures');
      },
      [
        'SignalOutputV1.valueUnitOfMeasure: str, not undefined',
        'SignalOutputV1.valueUnitOfMeasures: undefined, not str',
      ],
    ],
    [
      'a field that is invented',
      (copy) => {
        fields(copy, 'CapsuleV1').duration = { type: ['string', 'null'] };
      },
      ['CapsuleV1.duration: undefined, not str'],
    ],
    [
      'a field that is made required',
      (copy) => {
        (model(copy, 'CapsuleV1').required ??= []).push('isUncertain');
        fields(copy, 'CapsuleV1').isUncertain = { type: 'boolean' };
      },
      ['CapsuleV1.isUncertain: bool, not bool*'],
    ],
    [
      'a field without value that is made required again',
      (copy) => {
        (model(copy, 'CapsuleV1').required ??= []).push('start');
      },
      ['CapsuleV1.start: object*, not str|int* or null (x-declared-required true)'],
    ],
    [
      'a required name that no field has',
      (copy) => {
        (model(copy, 'CapsuleV1').required ??= []).push('ids');
      },
      ['CapsuleV1.ids: undefined, not (required but not described)'],
    ],
    [
      'an optional field that must not be null',
      (copy) => {
        fields(copy, 'CapsulesOutputV1').limit = { type: 'integer' };
      },
      ['CapsulesOutputV1.limit: int, not int not null'],
    ],
    [
      'a field of another type',
      (copy) => {
        fields(copy, 'UserOutputV1').groups = { type: ['array', 'null'], items: { type: 'string' } };
      },
      ['UserOutputV1.groups: list[IdentityPreviewV1], not list[str]'],
    ],
    [
      'another default',
      (copy) => {
        fields(copy, 'AssetOutputV1').isArchived = { type: ['boolean', 'null'], 'x-default': true };
      },
      ['AssetOutputV1.isArchived: bool = false, not bool = true'],
    ],
    [
      'a narrower field',
      (copy) => {
        fields(copy, 'AssetOutputV1').name = { type: 'string', maxLength: 100 };
      },
      ['AssetOutputV1.name: str*, not str* (maxLength 100)'],
    ],
    [
      'a closed model',
      (copy) => {
        model(copy, 'ItemOutputV1').additionalProperties = false;
      },
      ['ItemOutputV1.(model): undefined, not (additionalProperties false)'],
    ],
    [
      'a model that is missing',
      (copy) => {
        Reflect.deleteProperty(copy.components.schemas, 'FormulaUpgradeChangeV1');
      },
      [
        'FormulaUpgradeChangeV1: model, not undefined',
        'FormulaUpgradeChangeV1.change: str, not undefined',
        'FormulaUpgradeChangeV1.moreDetailsUrl: str, not undefined',
      ],
    ],
    [
      'a parameter that is misspelt',
      (copy) => {
        parameter(copy, 'get_samples', 'boundaryValues').name = 'boundaryValue';
      },
      [
        'get_samples query boundaryValues: str, not undefined',
        'get_samples query boundaryValue: undefined, not str (enum ["Outside","Inclusive","Interpolate"])',
      ],
    ],
    [
      'a parameter that is made required',
      (copy) => {
        parameter(copy, 'search_items', 'filters').required = true;
      },
      ['search_items query filters: list[str] repeat, not list[str] repeat*'],
    ],
    [
      'an array that is not sent as repeated keys',
      (copy) => {
        parameter(copy, 'search_items', 'types').explode = false;
      },
      ['search_items query types: list[str] repeat, not list[str] (form, explode false)'],
    ],
    [
      'an invented parameter',
      (copy) => {
        operation(copy, 'get_me').parameters?.push({
          name: 'x-sq-request-id',
          in: 'header',
          schema: { type: 'string' },
        });
      },
      ['get_me header x-sq-request-id: undefined, not str'],
    ],
    [
      'another path',
      (copy) => {
        rename(copy.paths, '/trees/assets/{id}', '/trees/{id}');
      },
      ['get_tree call: GET /trees/assets/{id}, not GET /trees/{id}'],
    ],
    [
      'another method',
      (copy) => {
        rename(copy.paths['/formulas/run'] ?? {}, 'post', 'put');
      },
      ['run_formula_0 call: POST /formulas/run, not PUT /formulas/run'],
    ],
    [
      'another media type',
      (copy) => {
        rename(operation(copy, 'get_asset').responses['200']?.content ?? {}, MEDIA_TYPE, 'application/json');
        rename(operation(copy, 'login').requestBody?.content ?? {}, MEDIA_TYPE, 'application/json');
      },
      [
        'get_asset answer: AssetOutputV1, not AssetOutputV1 as application/json',
        'login body: AuthInputV1*, not AuthInputV1 as application/json*',
      ],
    ],
    [
      'another answer',
      (copy) => {
        const content = operation(copy, 'get_conditions').responses['200']?.content?.[MEDIA_TYPE];
        if (content !== undefined) content.schema = { $ref: '#/components/schemas/ItemPreviewV1' };
      },
      ['get_conditions answer: ItemPreviewListV1, not ItemPreviewV1'],
    ],
    [
      'one more answer',
      (copy) => {
        operation(copy, 'logout').responses['204'] = {};
      },
      ['logout answer 204: undefined, not none'],
    ],
    [
      'a body that may be left out',
      (copy) => {
        const body = operation(copy, 'search_items_post').requestBody;
        if (body !== undefined) body.required = false;
      },
      ['search_items_post body: ItemSearchInputV1*, not ItemSearchInputV1'],
    ],
    [
      'an operation that is missing',
      (copy) => {
        Reflect.deleteProperty(copy.paths, '/system/ping');
      },
      ['get_ping tag: System, not undefined', 'get_ping call: GET /system/ping, not undefined'],
    ],
  ])('%s', (_what, change, found) => {
    const { unexpected } = after(change);
    const said = unexpected.map(
      ({ at, declared: should, described: is }) => `${at}: ${should ?? 'undefined'}, not ${is ?? 'undefined'}`,
    );
    expect(said).toEqual(expect.arrayContaining([...found]));
    // Each change is seen where it is and nowhere else.
    const places = new Set(found.map((line) => line.split(/[ .:]/, 1)[0]));
    expect(unexpected.filter(({ at }) => !places.has(at.split(/[ .]/, 1)[0]))).toEqual([]);
  });

  it('an entry of the list of what is on purpose that has become void', () => {
    const { unexpected, stale } = after((copy) => {
      fields(copy, 'SampleOutputV1').value = {};
    });
    expect(unexpected).toEqual([]);
    expect(stale.map(({ at }) => at)).toEqual(['SampleOutputV1.value']);
  });
});

function model(copy: Description, name: string): Schema {
  const found = copy.components.schemas[name];
  if (found === undefined) throw new Error(`the description has no model ${name}`);
  return found;
}

function fields(copy: Description, name: string): Record<string, Schema> {
  return (model(copy, name).properties ??= {});
}

function operation(copy: Description, id: string): Operation {
  const found = Object.values(copy.paths)
    .flatMap((methods) => Object.values(methods))
    .find(({ operationId }) => operationId === id);
  if (found === undefined) throw new Error(`the description has no operation ${id}`);
  return found;
}

function parameter(copy: Description, id: string, name: string): Parameter {
  const found = operation(copy, id).parameters?.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`${id} has no parameter ${name}`);
  return found;
}

function rename<T>(record: Record<string, T>, from: string, to: string): void {
  const value = record[from];
  if (value === undefined) throw new Error(`there is no ${from}`);
  Reflect.deleteProperty(record, from);
  record[to] = value;
}
