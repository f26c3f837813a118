/** From the text of a formula to what it is. No data is read; that happens when the result is. */
import { calculate, negative } from './arithmetic.ts';
import { compare } from './comparison.ts';
import { functionOf } from './functions/all.ts';
import { Inputs } from './inputs.ts';
import { parseFormula } from './parser.ts';
import { FormulaProblem, type Place } from './problem.ts';
import type { Node, Operator } from './syntax.ts';
import { constant, RETURN_TYPES, type ScalarValue, type SignalValue, type Value, type Evaluation } from './values.ts';

/** The variables of a formula by name, without `$`; each is made when it is first used. */
export type Variables = ReadonlyMap<string, (place: Place) => Value>;

/** A sample that costs more to read is refused, so that no formula keeps the server busy indefinitely. */
const MOST_COST = 20_000;

/** @throws FormulaProblem with the place of what is wrong */
export function compileFormula(formula: string, variables: Variables, evaluation: Evaluation): Value {
  const program = parseFormula(formula);
  const assigned = new Map<string, Value>();
  const compiler = new Compiler(variables, assigned, evaluation);
  for (const { name, value } of program.assignments) assigned.set(name, compiler.value(value));
  return compiler.value(program.result);
}

class Compiler {
  readonly #variables: Variables;
  readonly #assigned: ReadonlyMap<string, Value>;
  readonly #evaluation: Evaluation;

  constructor(variables: Variables, assigned: ReadonlyMap<string, Value>, evaluation: Evaluation) {
    this.#variables = variables;
    this.#assigned = assigned;
    this.#evaluation = evaluation;
  }

  value(node: Node): Value {
    const value = this.#made(node);
    if ((value.kind === 'signal' || value.kind === 'condition') && value.cost > MOST_COST) {
      throw new FormulaProblem('ARGUMENT', 'The formula is too much work for the simulator', node.place);
    }
    return value;
  }

  #made(node: Node): Value {
    switch (node.kind) {
      case 'number':
        return constant(node.value, node.unit);
      case 'text':
        return constant(node.value, 'string');
      case 'variable':
        return this.#variable(node.name, node.place);
      case 'name':
        return named(node.name, node.place);
      case 'negative':
        return negative(this.#operand(node.of, '-'), this.#evaluation, node.place);
      case 'operation':
        return this.#operation(node.operator, node.left, node.right, node.place);
      case 'call':
        return this.#call(node.name, node.inputs, node.place);
    }
  }

  #variable(name: string, place: Place): Value {
    const value = this.#assigned.get(name) ?? this.#variables.get(name)?.(place);
    if (value === undefined) throw new FormulaProblem('UNKNOWN_VARIABLE', `Unknown variable '$${name}'`, place);
    return value;
  }

  #operand(node: Node, operator: string): SignalValue | ScalarValue {
    const value = this.value(node);
    if (value.kind === 'signal' || value.kind === 'scalar') return value;
    throw new FormulaProblem('TYPE', `A ${RETURN_TYPES[value.kind]} cannot be used with '${operator}'`, node.place);
  }

  #operation(operator: Operator, leftNode: Node, rightNode: Node, place: Place): Value {
    if (operator === '&&' || operator === '||') {
      throw new FormulaProblem('UNKNOWN_FUNCTION', `The simulator does not have the operator '${operator}'`, place);
    }
    const [left, right] = [this.#operand(leftNode, operator), this.#operand(rightNode, operator)];
    switch (operator) {
      case '+':
      case '-':
      case '*':
      case '/':
      case '^':
        return calculate(operator, left, right, this.#evaluation, place);
      case '<':
      case '>':
      case '<=':
      case '>=':
      case '==':
      case '!=':
        return compare(operator, left, right, this.#evaluation, place);
    }
  }

  #call(name: string, nodes: readonly Node[], place: Place): Value {
    const found = functionOf(name);
    if (found === undefined) {
      throw new FormulaProblem('UNKNOWN_FUNCTION', `The simulator does not have the function '${name}'`, place);
    }
    const [least, most] = found.inputs;
    if (nodes.length < least || nodes.length > most) {
      const range = least === most ? `${least}` : `${least} to ${most}`;
      throw new FormulaProblem('ARGUMENT', `${found.name}() takes ${range} inputs, but has ${nodes.length}`, place);
    }
    const values = nodes.map((node) => this.value(node));
    return found.apply(new Inputs(found.name, place, nodes, values), this.#evaluation);
  }
}

/** Names without inputs. */
function named(name: string, place: Place): Value {
  const [owner = '', member] = name.split('.');
  if (member !== undefined && owner.toLowerCase() === 'capsuleboundary') return { kind: 'boundary', name: member };
  switch (name.toLowerCase()) {
    case 'true':
      return constant(true);
    case 'false':
      return constant(false);
    case 'scalar.invalid':
      return constant(undefined);
    default:
      throw new FormulaProblem('UNKNOWN_VARIABLE', `Unknown name '${name}'`, place);
  }
}
