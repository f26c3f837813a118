import { describe, expect, it } from 'vitest';
import { good, load, problem } from '../../support/config.ts';

it('a log is by default text on a terminal, and in no file', async () => {
  const { config } = await load(good());
  expect(config.log).toEqual({ format: 'auto' });
  expect(config.audit).toBeUndefined();
  expect(config).toMatchObject({ logfilecount: 10, logfilesize: 2_097_152, logscanmsec: 10_000 });
});

it('the files are relative to the folder of the configuration', async () => {
  const { config } = await load(good({}, { log: { file: 'logs/driver.log' }, audit: { file: '../audit.jsonl' } }));
  expect(config.log.file).toBe('/etc/driver/logs/driver.log');
  expect(config.audit).toEqual({ file: '/etc/audit.jsonl', fileBytes: 16_777_216, fileCount: 100, names: 20 });
});

describe('a mistake is reported:', () => {
  it.each([
    [
      'a log file that could be another file',
      good({}, { log: { file: 'iota.seeqdrv.json' } }),
      'settings.log.file',
      /ends in \.log, \.jsonl/,
    ],
    [
      'an audit file that could be another file',
      good({}, { audit: { file: 'privatekey.nk' } }),
      'settings.audit.file',
      /ends in \.log/,
    ],
    ['an unknown format', good({}, { log: { format: 'pretty' } }), 'settings.log.format', /"text"/],
    [
      'an audit trail that goes nowhere',
      good({}, { audit: {} }),
      'settings.audit',
      /must have a "topic", a "file" or both/,
    ],
    ['a topic with a wildcard', good({}, { audit: { topic: 'a.>' } }), 'settings.audit.topic', /no wildcard/],
    [
      'an audit trail among the requests',
      good({}, { audit: { topic: 'us-east-1.site-a.seeq.request' } }),
      'settings.audit.topic',
      /must differ from reqtopic/,
    ],
    [
      'an audit trail among the log lines',
      good({ logstopic: 'x.logs' }, { audit: { topic: 'x.logs' } }),
      'settings.audit.topic',
      /must differ from logstopic/,
    ],
    [
      'one file for both',
      good({}, { log: { file: 'a.log' }, audit: { file: './b/../a.log' } }),
      'settings.audit.file',
      /must differ from settings\.log\.file/,
    ],
    ['a small file', good({}, { audit: { file: 'a.log', fileBytes: 1 } }), 'settings.audit.fileBytes', /65536/],
  ])('%s', async (_name, file, path, message) => {
    expect(await problem(file)).toMatchObject({ path, message: expect.stringMatching(message) as string });
  });
});
