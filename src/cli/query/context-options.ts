/** The help texts and options of `context`. This file stays light, too. */
import { Command } from 'commander';
import {
  callerOptions,
  type CommandMaker,
  examples,
  formatOptions,
  timeZoneOption,
  withOptions,
} from '../command-options.ts';
import type { FormatOptions } from '../output/rows.ts';
import type { SaveOptions } from './context-command.ts';

/** `context` with its own commands. */
export const contextCommand: CommandMaker = (terminal, finish) => {
  const load = () => import('./context-command.ts');
  const command = new Command('context').description(
    'save where to ask and as which user, so that further commands need no options for it',
  );
  command.addCommand(
    withOptions(new Command('save'), [...callerOptions.filter(({ long }) => long !== '--context'), timeZoneOption])
      .description('save the options under a name; the first context is the one in use')
      .argument('<name>')
      .option('--use', 'use it from now on')
      .addHelpText(
        'after',
        `\nThe file is contexts.json in iota-seeqdrv below XDG_CONFIG_HOME (default: ~/.config). It names the file of the key and holds no secret.\n${examples(
          'context save site-a --nats mon.example.com:443 --nkey caller.nk --topic us-east-1.site-a.seeq.request',
          'context save site-a --config /etc/iota/iota.seeqdrv.json --nkey caller.nk',
        )}`,
      )
      .action(async (name: string, options: SaveOptions) => {
        finish(await (await load()).saveContext(name, options, terminal));
      }),
  );
  command.addCommand(
    withOptions(new Command('list'), formatOptions)
      .description('list the saved contexts; * marks the one in use')
      .addHelpText('after', examples('context list'))
      .action(async (options: FormatOptions) => {
        finish(await (await load()).listContexts(options, terminal));
      }),
  );
  command.addCommand(
    new Command('use')
      .description('use a context by default')
      .argument('<name>')
      .addHelpText('after', examples('context use site-a'))
      .action(async (name: string) => {
        finish(await (await load()).chooseContext(name, terminal));
      }),
  );
  command.addCommand(
    new Command('show')
      .description('print a context as JSON')
      .argument('[name]', 'by default the one in use')
      .addHelpText('after', examples('context show site-a'))
      .action(async (name: string | undefined) => {
        finish(await (await load()).showContext(name, terminal));
      }),
  );
  command.addCommand(
    new Command('remove')
      .description('remove a context')
      .argument('<name>')
      .addHelpText('after', examples('context remove site-a'))
      .action(async (name: string) => {
        finish(await (await load()).removeContext(name, terminal));
      }),
  );
  return command;
};
