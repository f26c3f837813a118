/**
 * Reads a formula: any number of `$name = expression`, then the expression that is the result. No mark ends an
 * assignment; the next one begins where the expression before it cannot go on.
 */
import { tokensOf, type Token } from './lexer.ts';
import { FormulaProblem } from './problem.ts';
import type { Node, Operator, Program } from './syntax.ts';

/** Weakest first; operators of one row are joined from the left. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['||'],
  ['&&'],
  ['<', '>', '<=', '>=', '==', '!='],
  ['+', '-'],
  ['*', '/'],
  ['^'],
];
const WORDS: Readonly<Partial<Record<string, Operator>>> = { and: '&&', or: '||' };

/** Keeps what follows from nesting too deep; no real formula comes near it. */
const MOST_NODES = 1500;
const DEEPEST = 100;

const NOTHING: Token = { kind: 'end', text: '', place: { line: 1, column: 1 } };

/** @throws FormulaProblem with the place of the first thing that does not fit */
export function parseFormula(formula: string): Program {
  return new Parser(tokensOf(formula)).program();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nodes = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  program(): Program {
    const assignments: { name: string; value: Node }[] = [];
    while (this.#peek().kind === 'variable' && this.#peek(1).text === '=' && this.#peek(1).kind === 'mark') {
      const name = this.#next().text;
      this.#next();
      assignments.push({ name, value: this.#expression(0) });
    }
    const result = this.#expression(0);
    if (this.#peek().kind !== 'end') throw this.#unexpected('after the end of the expression');
    return { assignments, result };
  }

  #expression(level: number): Node {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#negative();
    let left = this.#expression(level + 1);
    for (;;) {
      const operator = this.#operator(operators);
      if (operator === undefined) return left;
      const { place } = this.#next();
      left = this.#made({ kind: 'operation', operator, left, right: this.#expression(level + 1), place });
    }
  }

  #operator(operators: readonly Operator[]): Operator | undefined {
    const { kind, text } = this.#peek();
    if (kind === 'mark') return operators.find((operator) => operator === text);
    const word = kind === 'name' ? WORDS[text.toLowerCase()] : undefined;
    return word !== undefined && operators.includes(word) ? word : undefined;
  }

  #negative(): Node {
    if (!this.#isMark('-')) return this.#methods();
    const { place } = this.#next();
    return this.#made({ kind: 'negative', of: this.#nested(() => this.#negative()), place });
  }

  #methods(): Node {
    let node = this.#primary();
    while (this.#isMark('.')) {
      this.#next();
      const { text, place, kind } = this.#peek();
      if (kind !== 'name') throw this.#unexpected("where a function name belongs after '.'");
      this.#next();
      if (this.#isMark('(')) node = this.#made({ kind: 'call', name: text, inputs: [node, ...this.#inputs()], place });
      else if (node.kind === 'name')
        node = this.#made({ kind: 'name', name: `${node.name}.${text}`, place: node.place });
      else throw this.#unexpected(`where '(' belongs after '${text}'`);
    }
    return node;
  }

  #primary(): Node {
    const token = this.#peek();
    const { place, text } = token;
    switch (token.kind) {
      case 'number':
        this.#next();
        return this.#made({
          kind: 'number',
          value: Number(text),
          unit: token.unit ?? '',
          grid: token.grid ?? {},
          place,
        });
      case 'text':
        this.#next();
        return this.#made({ kind: 'text', value: text, place });
      case 'variable':
        this.#next();
        return this.#made({ kind: 'variable', name: text, place });
      case 'name':
        this.#next();
        return this.#isMark('(')
          ? this.#made({ kind: 'call', name: text, inputs: this.#inputs(), place })
          : this.#made({ kind: 'name', name: text, place });
      case 'mark': {
        if (text !== '(') throw this.#unexpected('where an expression belongs');
        this.#next();
        const inner = this.#nested(() => this.#expression(0));
        this.#expect(')');
        return inner;
      }
      case 'end':
        throw this.#unexpected('where an expression belongs');
    }
  }

  #inputs(): Node[] {
    const inputs: Node[] = [];
    this.#expect('(');
    if (!this.#isMark(')')) {
      inputs.push(this.#nested(() => this.#expression(0)));
      while (this.#isMark(',')) {
        this.#next();
        inputs.push(this.#nested(() => this.#expression(0)));
      }
    }
    this.#expect(')');
    return inputs;
  }

  #made(node: Node): Node {
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES) {
      throw new FormulaProblem('SYNTAX', `The simulator reads formulas of at most ${MOST_NODES} parts`, node.place);
    }
    return node;
  }

  #nested(read: () => Node): Node {
    if (this.#depth >= DEEPEST) {
      throw new FormulaProblem('SYNTAX', `The simulator reads formulas nested ${DEEPEST} deep`, this.#peek().place);
    }
    this.#depth += 1;
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #peek(ahead = 0): Token {
    // The last token is the end, which is never passed.
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] ?? NOTHING;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #isMark(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'mark' && token.text === text;
  }

  #expect(text: string): void {
    if (!this.#isMark(text)) throw this.#unexpected(`where '${text}' belongs`);
    this.#next();
  }

  #unexpected(where: string): FormulaProblem {
    const { kind, text, place } = this.#peek();
    return new FormulaProblem('SYNTAX', `${kind === 'end' ? 'The formula ends' : `'${text}' is`} ${where}`, place);
  }
}
