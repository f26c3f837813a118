/** The picture of what runs: the way of a request from the caller to the plants, with addresses. */
import { dim, bold } from './style.ts';

export interface Flow {
  readonly caller: string;
  readonly topic: string;
  readonly bus: string;
  readonly driver: string;
  readonly plants: readonly { readonly name: string; readonly address: string }[];
}

const WIDTH = 14;

/** Lines of the picture. */
export function picture({ caller, topic, bus, driver, plants }: Flow): string[] {
  const line = dim('│');
  const centre = ' '.repeat(7);
  return [
    dim(`╭${'─'.repeat(WIDTH)}╮`),
    box('caller', caller),
    dim('╰──────┬───────╯'),
    `${centre}${line}  ${dim(`TLS, NKey; requests on ${topic}`)}`,
    dim('╭──────┴───────╮'),
    box('nats-server', bus),
    dim('╰──────┬───────╯'),
    `${centre}${line}  ${dim('TLS, NKey')}`,
    dim('╭──────┴───────╮'),
    box('iota-seeqdrv', driver),
    dim('╰──────┬───────╯'),
    `${centre}${line}  ${dim('HTTP, one session a server')}`,
    ...plants.map(({ name, address }, at) => {
      const branch = at === plants.length - 1 ? '╰' : '├';
      return `${centre}${dim(`${branch}──────▶`)}  ${bold(name)}   ${address}`;
    }),
  ];
}

function box(name: string, facts: string): string {
  const left = Math.floor((WIDTH - name.length) / 2);
  const right = WIDTH - name.length - left;
  return `${dim('│')}${' '.repeat(left)}${bold(name)}${' '.repeat(right)}${dim('│')}  ${facts}`;
}
