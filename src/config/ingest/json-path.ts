/**
 * Paths into JSON: JSONPath (RFC 9535), or JSON Pointer (RFC 6901) where the text begins with `/`. They are read once,
 * and only such are taken as no message, however hostile, can make long work of.
 */
import jsonP3 from 'json-p3';
import type { JSONPathQuery } from 'json-p3';

/** A member name, an index (from the end where negative), or a token of a pointer, which can be either. */
export type Step = string | number | { readonly token: string };

/** A path that has been read. */
export interface JsonPath {
  readonly text: string;
  /** The steps that lead to one place at most: all of a singular path, else those before the first wildcard. */
  readonly steps: readonly Step[];
  /** Undefined if the path is singular. */
  readonly query: JSONPathQuery | undefined;
  /**
   * Of a path with wildcards, which entries of a location vary; undefined where locations differ in length (`..`).
   */
  readonly varying: readonly boolean[] | undefined;
  /** True if the path picks some of what is there (a filter or a slice), so that finding nothing is no surprise. */
  readonly picks: boolean;
}

/** What is wrong with a path, fit for a configuration problem. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

const environment = new jsonP3.JSONPathEnvironment();
// A regular expression on the text of a stranger can run for hours.
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

const { selectors, expressions } = jsonP3.jsonpath;

/**
 * Reads a path.
 * @throws PathError
 */
export function parsePath(text: string): JsonPath {
  if (text.startsWith('/'))
    return { text, steps: pointerSteps(text), query: undefined, varying: undefined, picks: false };
  if (!text.startsWith('$')) {
    throw new PathError('must be a JSONPath such as "$.temperature" or a JSON Pointer such as "/temperature"');
  }
  const query = compile(text);
  const steps: Step[] = [];
  for (const { selectors: found } of query.segments) {
    const [only] = found;
    if (found.length === 1 && only instanceof selectors.NameSelector && !isDescendant(query, steps.length)) {
      steps.push(only.name);
    } else if (found.length === 1 && only instanceof selectors.IndexSelector && !isDescendant(query, steps.length)) {
      steps.push(only.index);
    } else break;
  }
  if (steps.length === query.segments.length)
    return { text, steps, query: undefined, varying: undefined, picks: false };
  const descends = query.segments.some((_segment, at) => isDescendant(query, at));
  const picks = query.segments.some(({ selectors: found }) => found.some(isPick));
  return { text, steps, query, varying: descends ? undefined : query.segments.map(varies), picks };
}

function pointerSteps(text: string): Step[] {
  if (/~(?![01])/.test(text)) throw new PathError('must have ~ in a JSON Pointer only as ~0 (for ~) or ~1 (for /)');
  return text
    .slice(1)
    .split('/')
    .map((token) => ({ token: token.replaceAll('~1', '/').replaceAll('~0', '~') }));
}

function compile(text: string): JSONPathQuery {
  let query: JSONPathQuery;
  try {
    query = environment.compile(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = why.includes('no such function') ? ' (only length is known here)' : '';
    throw new PathError(`is no JSONPath: ${why}${hint}`);
  }
  if (query.segments.filter((_segment, at) => isDescendant(query, at)).length > 1) {
    throw new PathError('must have ".." once at most; a message could make endless work of it');
  }
  for (const { selectors: found } of query.segments) {
    for (const selector of found) {
      if (selector instanceof selectors.FilterSelector && !isSimple(selector.expression)) {
        throw new PathError('must have in its filters only paths to one value, such as @.name; no wildcards, no ".."');
      }
      if (selector instanceof selectors.FilterSelector && repeatsItself(selector.expression)) {
        throw new PathError(
          'must compare in its filters a place of the element (@) with another; not two places of the whole message ($), and no length of one: that would be done anew for each element',
        );
      }
    }
  }
  return query;
}

type Expression = InstanceType<typeof expressions.FilterExpression>;

/** True if the expression takes the same small time for every element. */
function isSimple(expression: Expression): boolean {
  if (expression instanceof expressions.LogicalExpression) return isSimple(expression.expression);
  if (expression instanceof expressions.PrefixExpression) return isSimple(expression.right);
  if (expression instanceof expressions.InfixExpression) return isSimple(expression.left) && isSimple(expression.right);
  if (expression instanceof expressions.FunctionExtension) return expression.args.every(isSimple);
  if (expression instanceof expressions.FilterQuery) return expression.path.singularQuery();
  return expression instanceof expressions.FilterExpressionLiteral;
}

/** True if the expression looks through a part of the whole message for every element, however large both are. */
function repeatsItself(expression: Expression): boolean {
  if (expression instanceof expressions.LogicalExpression) return repeatsItself(expression.expression);
  if (expression instanceof expressions.PrefixExpression) return repeatsItself(expression.right);
  if (expression instanceof expressions.FunctionExtension) return expression.args.some(isOfMessage);
  if (!(expression instanceof expressions.InfixExpression)) return false;
  const { left, right, logical } = expression;
  return repeatsItself(left) || repeatsItself(right) || (!logical && isOfMessage(left) && isOfMessage(right));
}

const isOfMessage = (expression: Expression): boolean => expression instanceof expressions.RootQuery;

/** The library does not give out its class of such a segment; its text tells. */
const isDescendant = (query: JSONPathQuery, at: number): boolean =>
  query.segments[at]?.toString().startsWith('..') ?? false;

const isPick = (selector: unknown): boolean =>
  selector instanceof selectors.FilterSelector || selector instanceof selectors.SliceSelector;

function varies({ selectors: found }: JSONPathQuery['segments'][number]): boolean {
  const [only] = found;
  return !(found.length === 1 && (only instanceof selectors.NameSelector || only instanceof selectors.IndexSelector));
}
