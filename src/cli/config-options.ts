/** The help texts and options of `config`. This file stays light, too. */
import { Command } from 'commander';
import { type CommandMaker, configOption, examples } from './command-options.ts';

/** `config` with its own commands. */
export const configCommand: CommandMaker = (terminal, finish) => {
  const load = () => import('./config-command.ts');
  const command = new Command('config').description(
    'print the effective configuration, its JSON Schema, or a commented example',
  );
  command.addCommand(
    new Command('show')
      .description('print the configuration with all defaults and the values of the environment, without secrets')
      .option(...configOption)
      .addHelpText(
        'after',
        `\nA variable replaces a value of the file: IOTA_SEEQDRV__settings__bus__tls__first=true. Its name is the path of the key with __ between its parts; entries of lists are numbered from 0. Unknown names are errors.\n${examples('config show --config /etc/iota/iota.seeqdrv.json')}`,
      )
      .action(async ({ config }: { config?: string }) => {
        finish(await (await load()).showConfig(config, terminal));
      }),
  );
  command.addCommand(
    new Command('schema')
      .description('print the JSON Schema of the configuration file, for editors')
      .addHelpText('after', examples('config schema'))
      .action(async () => {
        finish((await load()).printSchema(terminal));
      }),
  );
  command.addCommand(
    new Command('example')
      .description('print a commented example with every key')
      .option('--publickey <key>', 'the public key of the driver, which keygen prints')
      .addHelpText('after', examples('config example'))
      .action(async ({ publickey }: { publickey?: string }) => {
        finish((await load()).printExample(publickey, terminal));
      }),
  );
  return command;
};
