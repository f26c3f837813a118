/**
 * The import rules of the house. Arrows point inward:
 *   cli -> app -> telemetry -> driver, ingest -> sources, bus, mqtt -> net -> contract -> lib
 * Each rule says what it protects, so that a failing check explains itself.
 */
const room = (name) => `^src/${name}/`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one idea, or that an interface is missing between them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contract-knows-nobody',
      comment: 'The bus contract must be replaceable without touching a handler, so it may import none of the rooms.',
      severity: 'error',
      from: { path: room('contract') },
      to: { path: '^src/', pathNot: '^src/(contract|lib)/' },
    },
    {
      name: 'lib-knows-nobody',
      comment: 'Small files that every room may use; they know none of them.',
      severity: 'error',
      from: { path: room('lib') },
      to: { path: '^src/', pathNot: room('lib') },
    },
    {
      name: 'config-knows-nobody',
      comment:
        'The configuration is one source of truth that every room may read; it reads none of them but their rules.',
      severity: 'error',
      from: { path: room('config') },
      to: { path: '^src/', pathNot: '^src/(config|lib)/|^src/mqtt/topic-filter\\.ts$' },
    },
    {
      name: 'only-bus-imports-nats',
      comment: 'All traps of the NATS client are closed in one room; nobody goes round it.',
      severity: 'error',
      from: { path: '^src/', pathNot: room('bus') },
      to: { path: 'node_modules/nats/' },
    },
    {
      name: 'bus-knows-contract-only',
      comment: 'The bus carries requests and answers; what they mean is the business of the driver.',
      severity: 'error',
      from: { path: room('bus') },
      to: { path: '^src/', pathNot: '^src/(bus|contract|lib)/' },
    },
    {
      name: 'bus-connection-knows-no-other-wing',
      comment: 'Requests and JetStream use the connection; it knows neither.',
      severity: 'error',
      from: { path: room('bus/connection') },
      to: { path: '^src/bus/', pathNot: room('bus/connection') },
    },
    {
      name: 'bus-wings-do-not-know-each-other',
      comment: 'Answers to requests and readings in a stream are two jobs.',
      severity: 'error',
      from: { path: '^src/bus/(requests|jetstream)/' },
      to: { path: '^src/bus/(requests|jetstream)/', pathNot: '^src/bus/$1/' },
    },
    {
      name: 'driver-knows-contract-and-source-interface',
      comment: 'A new source must not need a change in the driver, so the driver sees the interface alone.',
      severity: 'error',
      from: { path: room('driver') },
      to: { path: '^src/', pathNot: '^src/(driver|contract|lib)/|^src/sources/source\\.ts$' },
    },
    {
      name: 'net-knows-contract-only',
      comment: 'How HTTP, TLS and proxies are spoken must serve the next vendor too.',
      severity: 'error',
      from: { path: room('net') },
      to: { path: '^src/', pathNot: '^src/(net|contract|lib)/' },
    },
    {
      name: 'sources-know-contract-and-net',
      comment: 'A source translates its vendor into the contract; it knows neither the driver nor the bus.',
      severity: 'error',
      from: { path: room('sources') },
      to: { path: '^src/', pathNot: '^src/(sources|net|contract|lib)/' },
    },
    {
      name: 'sources-do-not-know-each-other',
      comment: 'Each vendor API stays in its own folder; what they share is in net.',
      severity: 'error',
      from: { path: '^src/sources/([^/]+)/' },
      to: { path: '^src/sources/([^/]+)/', pathNot: '^src/sources/$1/' },
    },
    {
      name: 'mqtt-knows-contract-and-net',
      comment: 'A client of any broker; what a message means is for those who use it.',
      severity: 'error',
      from: { path: room('mqtt') },
      to: { path: '^src/', pathNot: '^src/(mqtt|net|contract|lib)/' },
    },
    {
      name: 'only-mqtt-imports-mqtt',
      comment: 'All traps of the MQTT client are closed in one room.',
      severity: 'error',
      from: { path: '^src/', pathNot: room('mqtt') },
      to: { path: 'node_modules/mqtt/' },
    },
    {
      name: 'ingest-knows-bus-mqtt-sources-contract-config',
      comment: 'A feed neither answers requests nor knows how the process is put together.',
      severity: 'error',
      from: { path: room('ingest') },
      to: { path: '^src/', pathNot: '^src/(ingest|bus|mqtt|sources|net|contract|config|lib)/' },
    },
    {
      name: 'feeds-do-not-know-each-other',
      comment: 'A new feed is one folder; what feeds share is beside the folders.',
      severity: 'error',
      from: { path: '^src/ingest/feeds/([^/]+)/' },
      to: { path: '^src/ingest/feeds/([^/]+)/', pathNot: '^src/ingest/feeds/$1/' },
    },
    {
      name: 'ingest-only-for-the-entry',
      comment: 'The read path must work without any feed.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(ingest|app|cli|telemetry)/' },
      to: { path: room('ingest') },
    },
    {
      name: 'client-knows-contract-only',
      comment: 'The client runs in other programs, over their own connection; it needs the contract and nothing else.',
      severity: 'error',
      from: { path: room('client') },
      to: { path: '^src/', pathNot: '^src/(client|contract|lib)/' },
    },
    {
      name: 'telemetry-only-for-the-entry',
      comment: 'Telemetry looks at the other rooms; they do not know that they are watched.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(telemetry|app)/' },
      to: { path: room('telemetry') },
    },
    {
      name: 'http-client-only-in-net-and-sources',
      comment: 'Only sources talk to vendors over HTTP.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(net|sources)/' },
      to: { path: 'node_modules/(undici|openapi-fetch)/' },
    },
    {
      name: 'app-only-for-the-commands',
      comment: 'The composition root knows every room; none of them knows it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app|cli)/' },
      to: { path: room('app') },
    },
    {
      name: 'src-does-not-import-tests',
      comment: 'What ships needs no test code.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|simulators|bench|scripts)/' },
    },
    {
      name: 'simulators-know-no-product',
      comment: "They stand for the vendors: made from the vendors' descriptions, never from what the driver believes.",
      severity: 'error',
      from: { path: '^simulators/' },
      to: { path: '^src/', pathNot: '\\.generated\\.ts$' },
    },
    {
      name: 'simulators-need-no-tests',
      comment: 'They are programs of their own.',
      severity: 'error',
      from: { path: '^simulators/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'src-needs-production-dependencies-only',
      comment: 'What ships must run after npm ci --omit=dev.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
