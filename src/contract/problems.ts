/** Converts the problems of a request to sentences that name the member, its value and the correct form. */
import { z } from 'zod';
import { explain, type SchemaNode, type Wording } from '../lib/wording/explain.ts';
import { asSentence, quote } from '../lib/wording/phrases.ts';
import { type Problem, statement } from '../lib/wording/problem.ts';
import { type Invalid, MOST_PROBLEMS } from './validation.ts';

const schemas = new WeakMap<z.ZodType, SchemaNode>();

function jsonSchemaOf(schema: z.ZodType): SchemaNode {
  const known = schemas.get(schema);
  if (known) return known;
  const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  schemas.set(schema, node);
  return node;
}

export interface Explained {
  /** One sentence for each problem. */
  readonly text: string;
  /** The same for programs: the first invalid member, and all of them. */
  readonly details: { field: string; problems: { field: string; message: string }[] };
}

/** @param subject name of the whole at the beginning of a sentence: "The request" */
export function explainInvalid(
  { schema, value, issues, more }: Invalid,
  subject: string,
  wording: Omit<Wording, 'nullIsAbsent'>,
): Explained {
  const all = explain(issues, value, jsonSchemaOf(schema), { ...wording, nullIsAbsent: true });
  const problems = all.slice(0, MOST_PROBLEMS);
  const sentences = problems.map((problem) => sentence(problem, subject, wording.noun));
  const rest = more || all.length > problems.length ? ['Further problems are not listed.'] : [];
  return {
    text: [...sentences, ...rest].join(' '),
    details: {
      field: problems[0]?.path ?? '',
      problems: problems.map((problem) => ({ field: problem.path, message: statement(problem) })),
    },
  };
}

function sentence(problem: Problem, subject: string, noun: string): string {
  const about = problem.path === '' ? subject : `${capitalized(noun)} ${quote(problem.path)}`;
  return asSentence(`${about} ${statement(problem)}`);
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
