/**
 * The parameters of a formula: `name=value`, the value the id of an item, or an expression on another parameter such as
 * `$x.property('Name')`, `$x.parentProperty('Name')` or `$x.ancestors(', ')`. Fragments are formulas under a name.
 */
import { checkOnline, itemOf } from '../answers/find.ts';
import type { Meter } from '../algebra/meter.ts';
import { propertiesOf } from '../answers/shapes.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { compileFormula, type Variables } from './compile.ts';
import { valueOfItem } from './items.ts';
import { FormulaProblem, type Place } from './problem.ts';
import { constant, type Value, type Evaluation } from './values.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const EXPRESSION = /^\$(\w+)\s*\.\s*(property|parentProperty|ancestors)\s*\(\s*(?:'([^']*)'|"([^"]*)")\s*\)$/;

export interface Given {
  readonly parameters?: readonly string[] | null | undefined;
  readonly fragments?: readonly string[] | null | undefined;
}

/** Nothing is looked up before it is used. @throws SeeqError 400 for an entry without a name */
export function variablesOf(plant: Plant, given: Given, evaluation: Evaluation): Variables {
  const variables = new Map<string, (place: Place) => Value>();
  const texts = new Map<string, string>();
  for (const entry of given.parameters ?? []) {
    const [name, value] = pair(entry, 'parameters');
    // The vendor's client repeats a parameter as it is when it asks for the next page of a table.
    if ((texts.get(name) ?? value) !== value) throw new SeeqError(400, `The parameter '${name}' is given twice`);
    texts.set(name, value);
    variables.set(name, () => valueOfText(plant, texts, name, value, evaluation.meter));
  }
  for (const entry of given.fragments ?? []) {
    const [name, formula] = pair(entry, 'fragments');
    variables.set(
      name,
      once(name, () => compileFormula(formula, variables, evaluation)),
    );
  }
  return variables;
}

function pair(entry: string, where: string): [string, string] {
  const at = entry.indexOf('=');
  const name = entry.slice(0, Math.max(0, at)).trim();
  if (!/^\w+$/.test(name)) throw new SeeqError(400, `The entry '${entry}' of '${where}' is not name=value`);
  return [name, entry.slice(at + 1).trim()];
}

function valueOfText(
  plant: Plant,
  texts: ReadonlyMap<string, string>,
  name: string,
  text: string,
  meter: Meter,
): Value {
  const match = EXPRESSION.exec(text);
  if (match === null) {
    const item = itemOfText(plant, name, text);
    checkOnline(plant, item);
    return valueOfItem(item, meter);
  }
  const [, other = '', what = '', single, double] = match;
  const argument = single ?? double ?? '';
  const id = texts.get(other);
  if (id === undefined) throw new SeeqError(400, `The parameter '${name}' names the unknown parameter '${other}'`);
  const item = itemOfText(plant, other, id);
  if (what === 'ancestors') {
    const names = plant.ancestors(item).map((ancestor) => ancestor.name);
    return constant(names.join(argument), 'string');
  }
  const owner = what === 'property' ? item : item.parents[0];
  const value = owner && propertiesOf(owner).find((property) => property.name === argument)?.value;
  if (typeof value === 'number' || typeof value === 'boolean') return constant(value);
  return constant(typeof value === 'string' ? value : undefined, 'string');
}

function itemOfText(plant: Plant, name: string, text: string): Item {
  if (!GUID.test(text)) throw new SeeqError(400, `The value '${text}' of the parameter '${name}' is not a GUID`);
  return itemOf(plant, text);
}

/** The same value each time; refuses a fragment that uses itself. */
function once(name: string, make: () => Value): (place: Place) => Value {
  let made: Value | undefined;
  let making = false;
  return (place) => {
    if (made !== undefined) return made;
    if (making) throw new FormulaProblem('UNKNOWN_VARIABLE', `The fragment '${name}' uses itself`, place);
    making = true;
    made = make();
    making = false;
    return made;
  };
}
