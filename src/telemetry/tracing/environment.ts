/** Whether the standard variables of OpenTelemetry ask for traces. Loads nothing of OpenTelemetry. */

type Environment = Readonly<Record<string, string | undefined>>;

export interface TracingChoice {
  readonly isOn: boolean;
  /** Variables that have no effect, with the reason. */
  readonly problems: readonly string[];
}

/**
 * Traces are on if an exporter or an endpoint is named. OpenTelemetry has them on by default; a driver that nobody has
 * configured for it must not connect to anything.
 */
export function tracingChoice(env: Environment): TracingChoice {
  const value = (name: string): string => env[name]?.trim() ?? '';
  const off = { isOn: false, problems: [] };
  if (value('OTEL_SDK_DISABLED').toLowerCase() === 'true') return off;
  const exporters = value('OTEL_TRACES_EXPORTER')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const endpoint = value('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') || value('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (exporters.includes('none') || (exporters.length === 0 && endpoint === '')) return off;
  const unknown = exporters.filter((name) => name !== 'otlp');
  const problems = unknown.map(
    (name) => `OTEL_TRACES_EXPORTER: ${JSON.stringify(name.slice(0, 100))} is not supported; "otlp" is.`,
  );
  if (exporters.length > 0 && !exporters.includes('otlp')) return { isOn: false, problems };
  const protocol = value('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') || value('OTEL_EXPORTER_OTLP_PROTOCOL') || PROTOCOL;
  if (protocol !== PROTOCOL) {
    const text = `OTEL_EXPORTER_OTLP_PROTOCOL: ${JSON.stringify(protocol.slice(0, 100))} is not supported, so there are no traces. Use "${PROTOCOL}" and the HTTP port of the receiver (usually 4318).`;
    return { isOn: false, problems: [...problems, text] };
  }
  const url = endpoint === '' ? undefined : URL.parse(endpoint);
  if (url === null || (url !== undefined && url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const text =
      'OTEL_EXPORTER_OTLP_ENDPOINT is not an address such as "http://collector:4318", so there are no traces.';
    return { isOn: false, problems: [...problems, text] };
  }
  return { isOn: true, problems };
}

const PROTOCOL = 'http/protobuf';
