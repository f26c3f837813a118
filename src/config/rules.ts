/**
 * Rules over several keys of the configuration. They run on the parsed value, with defaults, and also if other keys are
 * wrong, so that all mistakes are reported at once. A rule can also report a warning, which does not prevent the use.
 */
import { z } from 'zod';
import { WITHOUT_WORDS } from '../lib/wording/explain.ts';
import { pathText } from '../lib/wording/problem.ts';

type Issue = z.core.$ZodIssue;

/** Reports what a rule finds, at a path below the value that the rule reads. */
export interface Report {
  /** @param found the value for the message, if the file does not have it: a default */
  problem(path: readonly PropertyKey[], message: string, found?: string): void;
  /** The same, for what can be used but is probably not meant. */
  warning(path: readonly PropertyKey[], message: string): void;
  /** Whether nothing is wrong at this path and below it. */
  isValid(...path: readonly PropertyKey[]): boolean;
  /** The location of a path in the file, for a message: `settings.ingest.mqtt[0].topics[3]`. */
  at(...path: readonly PropertyKey[]): string;
}

/** What an issue of a rule has in addition. */
interface Marks {
  readonly warning?: boolean;
  readonly found?: string | undefined;
  /** Length of its path below the value of the rule. The beginning of the path is the location of the value. */
  readonly depth?: number;
}

const marksOf = (issue: { code?: string | undefined; params?: unknown }): Marks =>
  issue.code === 'custom' && typeof issue.params === 'object' && issue.params !== null ? issue.params : {};

const isWarning = (issue: { code?: string | undefined }): boolean => marksOf(issue).warning === true;

/** Encloses a path in a message until its location is known. It is in no message: values in messages are escaped. */
const LOCATION = '\u0001';

/** The issue with all locations of its message. */
function located(issue: Issue): Issue {
  const base = issue.path.slice(0, issue.path.length - (marksOf(issue).depth ?? 0));
  const message = issue.message
    .split(LOCATION)
    .map((part, at) => (at % 2 === 0 ? part : pathText([...base, ...(JSON.parse(part) as PropertyKey[])])))
    .join('');
  return { ...issue, message };
}

interface Payload {
  readonly value: unknown;
  readonly issues: readonly {
    readonly code?: string | undefined;
    readonly path?: readonly PropertyKey[] | undefined;
  }[];
}

/** An issue above a path concerns it only if there is no object in which it could be. */
const isValid = ({ issues }: Payload, path: readonly PropertyKey[]): boolean =>
  !issues.some((issue) => {
    const { path: at = [], code } = issue;
    const depth = code === 'invalid_type' ? Math.min(at.length, path.length) : path.length;
    return !isWarning(issue) && path.slice(0, depth).every((key, index) => at[index] === key);
  });

/**
 * A rule over keys of an object, for `check` of its schema. It runs if these keys are valid. With no keys it always
 * runs, and asks `isValid` before it reads one.
 */
export function rule<T extends object, const K extends keyof T>(
  keys: readonly K[],
  apply: (value: K[] extends never[] ? T : Pick<T, K>, report: Report) => void,
): z.core.$ZodCheck<T> {
  return ruleIf((payload) => keys.every((key) => isValid(payload, [key])), apply as (value: T, report: Report) => void);
}

/** A rule over the entries of a list. It always runs, and asks `isValid` before it reads an entry. */
export const listRule = <E>(apply: (entries: readonly E[], report: Report) => void): z.core.$ZodCheck<readonly E[]> =>
  ruleIf((payload) => Array.isArray(payload.value), apply);

function ruleIf<T extends object>(
  isReady: (payload: Payload) => boolean,
  apply: (value: T, report: Report) => void,
): z.core.$ZodCheck<T> {
  const check: z.core.$ZodCheck<T> = z.core._check(
    (payload: z.core.ParsePayload<T>) => {
      const add = (path: readonly PropertyKey[], message: string, params: object): void => {
        payload.issues.push({
          ...{ code: 'custom', path: [...path], message, params: { ...params, depth: path.length }, continue: true },
          ...{ input: payload.value, inst: check },
        });
      };
      apply(payload.value, {
        problem: (path, message, found) => {
          add(path, message, { found });
        },
        warning: (path, message) => {
          add(path, message, { warning: true });
        },
        isValid: (...path) => isValid(payload, path),
        at: (...path) => `${LOCATION}${JSON.stringify(path)}${LOCATION}`,
      });
    },
    {
      when: (payload) => typeof payload.value === 'object' && payload.value !== null && isReady(payload as Payload),
    },
  );
  return check;
}

/** The value of a validation, its problems, and its warnings. */
export interface Validated<T> {
  /** With problems it is a draft: a wrong key has the value of the file, or none. */
  readonly value: T;
  readonly issues: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/** Validates {@link WITHOUT_WORDS}. Unlike `safeParse`, it returns the value also if there are warnings or problems. */
export function validate<S extends z.ZodType>(schema: S, input: unknown): Validated<z.output<S>> {
  const context = { ...WITHOUT_WORDS, async: false };
  const { value, issues } = schema._zod.run({ value: input, issues: [] }, context) as z.core.ParsePayload<z.output<S>>;
  const all = issues.map((issue) => located(z.core.util.finalizeIssue(issue, context, z.core.config())));
  return { value, issues: all.filter((issue) => !isWarning(issue)), warnings: all.filter(isWarning) };
}
