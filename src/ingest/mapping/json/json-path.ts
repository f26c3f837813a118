/**
 * Paths into JSON: JSONPath (RFC 9535), or JSON Pointer (RFC 6901) if the text begins with `/`. They are parsed once.
 * Only paths are accepted for which no message, however hostile, can cause long processing.
 */
import jsonP3 from 'json-p3';
import type { JSONPathQuery } from 'json-p3';

/** A member name, an index (from the end if negative), or a token of a pointer, which can be either. */
export type Step = string | number | { readonly token: string };

/** A parsed path. */
export interface JsonPath {
  readonly text: string;
  /** The steps to at most one location: all of a singular path, otherwise those before the first wildcard. */
  readonly steps: readonly Step[];
  /** Undefined if the path is singular. */
  readonly query: JSONPathQuery | undefined;
  /** Which entries of a location vary, for a path with wildcards. Undefined if locations differ in length (`..`). */
  readonly varying: readonly boolean[] | undefined;
  /** True if the path selects a part (a filter or a slice), so that an empty result is normal. */
  readonly picks: boolean;
}

/** The problem of a path, suitable for a configuration problem. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

const environment = new jsonP3.JSONPathEnvironment();
// A regular expression on an external text can run for hours.
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

const { selectors, expressions } = jsonP3.jsonpath;

/**
 * Parses a path.
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
          'must compare in its filters a part of the element (@) with another; not two parts of the whole message ($), and no length of one: that would be computed again for each element',
        );
      }
    }
  }
  return query;
}

type Expression = InstanceType<typeof expressions.FilterExpression>;

/** True if the expression takes the same short time for every element. */
function isSimple(expression: Expression): boolean {
  if (expression instanceof expressions.LogicalExpression) return isSimple(expression.expression);
  if (expression instanceof expressions.PrefixExpression) return isSimple(expression.right);
  if (expression instanceof expressions.InfixExpression) return isSimple(expression.left) && isSimple(expression.right);
  if (expression instanceof expressions.FunctionExtension) return expression.args.every(isSimple);
  if (expression instanceof expressions.FilterQuery) return expression.path.singularQuery();
  return expression instanceof expressions.FilterExpressionLiteral;
}

/** True if the expression searches a part of the whole message for every element, which takes quadratic time. */
function repeatsItself(expression: Expression): boolean {
  if (expression instanceof expressions.LogicalExpression) return repeatsItself(expression.expression);
  if (expression instanceof expressions.PrefixExpression) return repeatsItself(expression.right);
  if (expression instanceof expressions.FunctionExtension) return expression.args.some(isOfMessage);
  if (!(expression instanceof expressions.InfixExpression)) return false;
  const { left, right, logical } = expression;
  return repeatsItself(left) || repeatsItself(right) || (!logical && isOfMessage(left) && isOfMessage(right));
}

const isOfMessage = (expression: Expression): boolean => expression instanceof expressions.RootQuery;

/** The library does not export its class of such a segment, so its text is compared. */
const isDescendant = (query: JSONPathQuery, at: number): boolean =>
  query.segments[at]?.toString().startsWith('..') ?? false;

const isPick = (selector: unknown): boolean =>
  selector instanceof selectors.FilterSelector || selector instanceof selectors.SliceSelector;

function varies({ selectors: found }: JSONPathQuery['segments'][number]): boolean {
  const [only] = found;
  return !(found.length === 1 && (only instanceof selectors.NameSelector || only instanceof selectors.IndexSelector));
}
