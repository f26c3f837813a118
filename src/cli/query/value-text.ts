/** Values and their status in tables. */
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { Style } from '../output/style.ts';

/** A longer text makes a table unreadable. JSON and CSV have all of it. */
const LONGEST_TEXT = 200;

/** No value as a dash, numbers with all their digits, and texts up to a length that is then shown. */
export function valueText(value: ScalarValue | undefined): string {
  if (value === undefined || value === null) return '-';
  const text = String(value);
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT).toWellFormed()}… (${text.length} characters)`;
}

export const statusStyle = (status: ValueStatus): Style =>
  status === 'Good' ? 'green' : status === 'Bad Data' ? 'red' : 'yellow';
