/** Values and their status in tables. */
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { Style } from '../output/style.ts';

/** Texts as they are, no value as a dash, and numbers with all their digits. */
export const valueText = (value: ScalarValue | undefined): string =>
  value === undefined || value === null ? '-' : String(value);

export const statusStyle = (status: ValueStatus): Style =>
  status === 'Good' ? 'green' : status === 'Bad Data' ? 'red' : 'yellow';
