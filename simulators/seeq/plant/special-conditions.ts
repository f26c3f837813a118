/** Conditions whose capsules a client can get wrong, below `Special Cases >> Conditions`. */
import { joinedCapsules, listCapsules, periodicCapsules, type Capsule } from '../series/capsules.ts';
import { DAY, HOUR, MINUTE, parseTime } from '../series/time.ts';
import type { PlantParts } from './parts.ts';
import { guidOf } from './guid.ts';
import type { ConditionData, Item } from './item.ts';

export function addSpecialConditions(parts: PlantParts, special: Item): void {
  const { plant, special: source } = parts;
  const parent = plant.add({
    type: 'Asset',
    name: 'Conditions',
    parent: special,
    datasource: source,
    dataId: 'special/conditions',
  });
  const id = (key: string): string => guidOf(plant.name, `capsule:special/${key}`);
  const add = (name: string, description: string, condition: ConditionData): Item =>
    plant.add({
      type: 'StoredCondition',
      name,
      description,
      parent,
      datasource: source,
      dataId: `conditions/${name}`,
      condition,
    });
  const list = (capsules: readonly Capsule[], maxDuration = 400n * DAY): ConditionData => ({
    capsules: listCapsules(capsules),
    maxDuration,
    declared: [],
  });
  const epoch = parseTime('2020-01-01T00:00:00Z', 'plant');

  plant.add({
    type: 'CalculatedCondition',
    name: 'Always',
    description: 'True for ever: one capsule with neither start, end nor id',
    parent,
    formula: '1.toSignal() > 0',
    condition: { capsules: listCapsules([{ uncertain: false, properties: [] }]), declared: [] },
  });
  plant.add({
    type: 'CalculatedCondition',
    name: 'Days',
    description: 'One capsule a day in UTC; uncertain from now on',
    parent,
    formula: 'days()',
    condition: {
      maxDuration: DAY,
      declared: [],
      capsules: periodicCapsules({
        period: DAY,
        longest: DAY,
        end: () => plant.now() + 3650n * DAY,
        round: (index, start) => [
          {
            id: id(`day/${index}`),
            start,
            end: start + DAY,
            uncertain: start + DAY > plant.now(),
            properties: [{ name: 'Year', value: new Date(Number(start / 1_000_000n)).getUTCFullYear() }],
          },
        ],
      }),
    },
  });
  add(
    'Open Start',
    'One capsule that ends at 2020-01-02T00:00:00Z and has no start',
    list([{ id: id('open-start'), end: epoch + DAY, properties: [{ name: 'Reason', value: 'before all records' }] }]),
  );
  add(
    'Open End',
    'One capsule that starts at 2020-01-01T00:00:00Z and has no end',
    list([
      { id: id('open-end'), start: epoch, uncertain: true, properties: [{ name: 'Reason', value: 'not over yet' }] },
    ]),
  );
  add('Equal Starts', 'Three capsules a day that start together at 12:00 UTC', {
    maxDuration: 3n * HOUR,
    declared: [{ name: 'Rank' }],
    capsules: periodicCapsules({
      period: DAY,
      phase: 12n * HOUR,
      longest: 3n * HOUR,
      end: plant.now,
      round: (index, start) =>
        [1, 2, 3].map((rank) => ({
          id: id(`equal/${index}/${rank}`),
          start,
          end: start + BigInt(rank) * HOUR,
          properties: [{ name: 'Rank', value: rank }],
        })),
    }),
  });
  add(
    '215 Capsules',
    'An hour each, every two hours from 2020-01-01T00:00:00Z',
    list(
      Array.from({ length: 215 }, (_unused, n) => ({
        id: id(`215/${n}`),
        start: epoch + BigInt(n) * 2n * HOUR,
        end: epoch + BigInt(n) * 2n * HOUR + HOUR,
        properties: [{ name: 'Number', value: n }],
      })),
    ),
  );
  add('Alarms', 'Every ten minutes, overlapping, with properties of every kind', {
    maxDuration: 90n * MINUTE,
    declared: [{ name: 'Text' }, { name: 'Level', unit: '°C' }, { name: 'Acknowledged' }, { name: 'Nothing' }],
    capsules: periodicCapsules({
      period: 10n * MINUTE,
      longest: 90n * MINUTE,
      end: plant.now,
      round: (index, start) => [
        {
          id: id(`alarm/${index}`),
          start,
          end: start + BigInt(1 + ((((index * 7) % 9) + 9) % 9)) * 10n * MINUTE,
          properties: [
            { name: 'Text', value: `"High" \\ level && <${index}> Größe` },
            { name: 'Level', value: 80 + (((index % 15) + 15) % 15) / 10, unit: '°C' },
            { name: 'Acknowledged', value: index % 2 === 0 },
            { name: 'Nothing' },
          ],
        },
      ],
    }),
  });
  add('Moments', 'Capsules without duration, one an hour', {
    maxDuration: HOUR,
    declared: [],
    capsules: periodicCapsules({
      period: HOUR,
      longest: HOUR,
      end: plant.now,
      round: (index, start) => [{ id: id(`moment/${index}`), start, end: start, properties: [] }],
    }),
  });
  add('Never Closed', 'One that began in 2020 and has no end, and one of eight hours a day from 08:00 UTC', {
    maxDuration: 4000n * DAY,
    declared: [{ name: 'Order' }],
    capsules: joinedCapsules(
      listCapsules([
        { id: id('forgotten'), start: epoch, uncertain: true, properties: [{ name: 'Order', value: 'forgotten' }] },
      ]),
      periodicCapsules({
        period: DAY,
        phase: 8n * HOUR,
        longest: 8n * HOUR,
        // The newest one has ended.
        end: () => plant.now() - 8n * HOUR,
        round: (index, start) => [
          {
            id: id(`order/${index}`),
            start,
            end: start + 8n * HOUR,
            properties: [{ name: 'Order', value: `Order ${index}` }],
          },
        ],
      }),
    ),
  });
  add(
    'Reversed',
    'One capsule that ends an hour before it starts, between two that are right',
    list(
      [0n, 2n, 4n].map((hours) => ({
        id: id(`reversed/${hours}`),
        start: epoch + hours * HOUR,
        end: epoch + hours * HOUR + (hours === 2n ? -HOUR : HOUR),
        properties: [],
      })),
    ),
  );
  add('No Capsules', 'Never true', list([]));
}
