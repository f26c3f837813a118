/** The newest value of any FQN. */
import { asSentence, withArticle } from '../../../lib/wording/phrases.ts';
import { didYouMean } from '../../../lib/wording/suggest.ts';
import { DriverError } from '../../../contract/errors.ts';
import { type Fqn, formatFqn } from '../../../contract/fqn.ts';
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { Point } from '../../../contract/values.ts';
import type { SourceCall } from '../../source.ts';
import { readNewestSample } from './newest-sample.ts';
import { noValue } from './samples.ts';
import { readScalar } from '../scalar.ts';
import type { SeeqServer } from '../connection/server.ts';
import { latestTimeframe } from './timeframes.ts';
import { properties, resolveAttribute } from '../search/tree.ts';

/**
 * Reads one value. An existing item without a value (a signal without samples, a condition without timeframes) is `Bad
 * Data` without a time, because it may get one at any moment.
 * @throws DriverError `notFound` if there is no such item, `unsupported` for kinds without a value
 */
export async function readSnapshot(server: SeeqServer, fqn: Fqn, time: Nanoseconds, call: SourceCall): Promise<Point> {
  if (fqn.part?.type === 'property') return propertyPoint(server, fqn, fqn.part.name, call);
  if (fqn.part?.type === 'attribute') {
    if (fqn.kind === 'condition') return latestAttribute(server, fqn, fqn.part.name, time, call);
    if (fqn.kind !== 'asset') throw valueless(fqn, 'only assets and conditions have attributes');
    const attribute = await resolveAttribute(server, fqn, call);
    return readSnapshot(server, attribute.fqn, time, call);
  }
  if (fqn.kind === 'signal') return readNewestSample(server, fqn.id, time, call);
  if (fqn.kind === 'scalar') return readScalar(server, fqn.id, call);
  throw valueless(fqn, `${withArticle(fqn.kind)} has no value of its own`);
}

/** An attribute of the latest timeframe of a condition; its time is the start of that timeframe. */
async function latestAttribute(
  server: SeeqServer,
  fqn: Fqn,
  name: string,
  time: Nanoseconds,
  call: SourceCall,
): Promise<Point> {
  const latest = await latestTimeframe(server, fqn.id, time, call);
  if (!latest) return noValue();
  const attribute = latest.attributes[name];
  if (!attribute) {
    const hint = didYouMean(name, Object.keys(latest.attributes));
    throw new DriverError(
      'notFound',
      asSentence(`The latest timeframe has no attribute ${JSON.stringify(name)}${hint}`),
    );
  }
  const { value, unit } = attribute;
  const status = value === null ? 'Bad Data' : latest.uncertain ? 'Questionable' : 'Good';
  return { value, time: latest.start ?? null, status, ...(unit === undefined ? {} : { unit }) };
}

async function propertyPoint(server: SeeqServer, fqn: Fqn, name: string, call: SourceCall): Promise<Point> {
  if (fqn.kind === 'capsule') throw valueless(fqn, 'attributes of timeframes come with timeframesearch');
  const { properties: all, unreadable = [] } = await properties(server, fqn.id, call);
  const property = all.find((candidate) => candidate.name === name);
  if (!property) {
    // The requested attribute may be among the unreadable ones.
    const [error] = unreadable;
    if (error !== undefined) throw error;
    const hint = didYouMean(
      name,
      all.map((candidate) => candidate.name),
    );
    const text = `The item has no property ${JSON.stringify(name)} on server "${server.name}"${hint}`;
    throw new DriverError('notFound', asSentence(text));
  }
  const { value, unit, unusable } = property;
  return { value, time: null, status: unusable ? 'Bad Data' : 'Good', ...(unit === undefined ? {} : { unit }) };
}

function valueless(fqn: Fqn, why: string): DriverError {
  return new DriverError('unsupported', `${formatFqn(fqn)} cannot be read: ${why}.`);
}
