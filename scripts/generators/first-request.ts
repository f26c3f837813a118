/** `docs/first-request.md`: one program in several languages, from the files in `examples/`. */
import { readFile } from 'node:fs/promises';
import { page } from './markdown.ts';

interface Language {
  title: string;
  file: string;
  syntax: string;
  /** What it needs, and what differs. */
  text: string;
  /** What tries it. */
  tried: string;
}

const languages: readonly Language[] = [
  {
    title: 'The `nats` tool',
    file: 'examples/nats-tool/first-request.sh',
    syntax: 'sh',
    text: 'Needs the [`nats` tool](https://github.com/nats-io/natscli) and `jq`. The tool does not know when an answer is complete: it waits for about two seconds after the last message. For a single question, `iota-seeqdrv call` is simpler, see [commands](commands.md).',
    tried: '`npm run examples`',
  },
  {
    title: 'Python',
    file: 'examples/python/first_request.py',
    syntax: 'python',
    text: 'Needs the packages of `examples/python/requirements.txt` (`nats-py` with `nkeys`).',
    tried: '`npm run examples`',
  },
  {
    title: 'Go',
    file: 'examples/go/main.go',
    syntax: 'go',
    text: 'Needs `github.com/nats-io/nats.go`; the versions are in `examples/go/go.mod`.',
    tried: '`npm run examples`',
  },
  {
    title: 'TypeScript',
    file: 'examples/typescript/first-request.ts',
    syntax: 'ts',
    text: 'Uses the [client library](client.md), which joins the messages itself.',
    tried: '`npm test`',
  },
  {
    title: 'C#',
    file: 'examples/csharp/Program.cs',
    syntax: 'csharp',
    text: 'Needs the packages of `examples/csharp/FirstRequest.csproj`.',
    tried: '`npm run examples -- csharp`, on machines with the .NET SDK. **No release has been tried with it yet**',
  },
];

export async function firstRequestPage(): Promise<string> {
  const parts: string[] = [];
  for (const { title, file, syntax, text, tried } of languages) {
    const code = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    parts.push(`## ${title}`, `${text} Tried by ${tried}.`, `\`\`\`${syntax}\n${code.trimEnd()}\n\`\`\``);
  }
  return page([
    '# Your first request',
    '<!-- Generated from the files in examples/ by "npm run generate". -->',
    'This page has the same program in several languages. It finds a tag, reads newest values, and reads the samples of a week. [The contract](contract.md) defines all that it does.',
    '## What you need',
    [
      '- `NATS_URL`: the address of the NATS server, such as `tls://nats.example.com:4222`',
      '- `CA_FILE`: the certificate of the authority that signed the certificate of the server, in PEM',
      '- `SEED_FILE`: a file with the NKey seed of your program. `iota-seeqdrv keygen` makes one; enter its public key as a user at the NATS server, with the rights that `iota-seeqdrv permissions --caller <public key>` prints',
      '- `TOPIC`: `reqtopic` of the configuration of the driver',
    ].join('\n'),
    'The names of the tags are those of the Seeq simulator; replace `Compressor Power` by a name of your plant.',
    '## What to watch for',
    [
      '- **Several messages.** An answer ends with the message that has `last`. Its messages have the numbers `seq` from 0; a number that arrives twice is dropped, and a missing one means: send the request again. `request()` of a NATS client returns the first message alone, so subscribe to a subject of your own.',
      '- **Partial answers.** With `status` `partial`, some `items` have an `error` in place of a value. Show it at that item; the others are right.',
      '- **Errors.** With `status` `error`, `error` has a [code](errors.md) for programs and a message for people. `retryable` says whether the same request may succeed later.',
      '- **No driver.** The NATS server reports with the status 503 that no driver listens on the topic. If no message arrives for longer than `timeoutMs`, the replica was killed. Send the request again in both cases.',
      '- **Order.** Items arrive as they are ready. `index` is the position in the request.',
    ].join('\n'),
    'Each program prints:',
    '```text\n' +
      [
        'tagsearch: ok',
        'snapshot: partial',
        '  0 31.4 kW Questionable',
        '  1 28.9 kW Questionable',
        '  2 badRequest: …',
        'discrete: ok, 26 messages',
        '  0 10081 samples',
        'discrete: error, badRequest: "end" …',
      ].join('\n') +
      '\n```',
    ...parts,
  ]);
}
