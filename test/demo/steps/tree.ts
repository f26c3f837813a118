/** The asset tree below a tower. */
import { attributes } from '../expected.ts';
import { block, say } from '../print/page.ts';
import { type Branch, outline } from '../print/outline.ts';
import { accent, bold, dim, pad } from '../print/style.ts';
import { count, itemsOf, type Step } from '../step.ts';
import { NORTH } from '../harness.ts';

interface AttributeItem {
  name: string;
  type: string;
  unit?: string;
  value?: string | number | boolean | null;
}

interface AssetItem {
  name: string;
  path: string[];
  attributes: AttributeItem[];
}

const TOWER = ['Example', 'Cooling Tower 1'] as const;

export const tree: Step = {
  title: 'The asset tree of a tower',
  about: 'Assets with their attributes, each with the name by which its values are read.',
  async run({ harness, checks, ask }) {
    const plant = harness.truth[NORTH];
    const tower = plant.item(...TOWER);
    const asked = await ask({
      function: 'elementsearch',
      params: { parent: plant.fqn(tower), include: ['attributes'] },
    });
    const items = itemsOf<AssetItem>(asked);
    const [first, ...others] = items;
    block(
      outline({
        text: `${NORTH} › ${TOWER[0]} › ${bold(TOWER[1])}`,
        children: [
          ...(first ? [branch(first)] : []),
          ...others.slice(0, 3).map((area) => ({ text: `${area.name}  ${dim(summary(area))}` })),
          ...(others.length > 3 ? [{ text: dim(`… ${others.length - 3} more`) }] : []),
        ],
      }),
    );
    say();
    const areas = tower.children.filter(({ type }) => type === 'Asset');
    checks.same(
      `the ${areas.length} areas stand below the tower, in order`,
      items,
      areas.map((area) => ({ fqn: plant.fqn(area), name: area.name, path: TOWER, parent: plant.fqn(tower), depth: 1 })),
    );
    checks.same(
      'each has the attributes that the plant gives it: type, unit and FQN',
      items.map((item) => item.attributes),
      areas.map((area) => attributes(plant, area)),
    );
  },
};

function branch({ name, attributes: all }: AssetItem): Branch {
  const room = Math.max(...all.map((attribute) => attribute.name.length));
  return {
    text: bold(name),
    children: all.map((attribute) => ({
      text: `${pad(attribute.name, room)}  ${dim(pad(attribute.type, 10))}  ${accent(detail(attribute))}`,
    })),
  };
}

const detail = ({ value, unit = '' }: AttributeItem): string =>
  value === undefined ? unit : `${String(value)} ${unit}`.trimEnd();

const summary = ({ attributes: all }: AssetItem): string => count(all.length, 'attribute');
