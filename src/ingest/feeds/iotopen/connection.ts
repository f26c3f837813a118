/** Creates the options of the REST client and the MQTT broker from the configuration of a platform. */
import { DriverError } from '../../../contract/errors.ts';
import { TokenFile } from '../../../sources/iotopen/login/token-file.ts';
import type { IotOpenCredentials } from '../../../sources/iotopen/login/auth-method.ts';
import type { BrokerCredentials } from '../../../mqtt/client.ts';
import { BrokerError } from '../../../mqtt/errors.ts';
import type { Platform, PlatformOptions } from '../../../sources/iotopen/platform.ts';
import type { TextSource } from '../../../net/tls.ts';
import type { IotOpenConfig } from './config.ts';

/** Concurrent REST calls. */
const CONNECTIONS = 4;

/** Options of the client of a configured platform. */
export function platformOptions(
  config: IotOpenConfig,
  userAgent: string,
  onNotice: (text: string) => void,
): PlatformOptions {
  const { name, url, tls, proxy, connectTimeoutMs, requestTimeoutMs } = config;
  return {
    ...{ name, url, tls, proxy, connectTimeoutMs, requestTimeoutMs, userAgent, onNotice },
    connections: CONNECTIONS,
    credentials: credentialsOf(config.credentials),
    codeAdvice: codeAdvice(config),
  };
}

/** The configured auth method. The configuration schema ensures that there is exactly one, and that it is complete. */
export function credentialsOf(given: IotOpenConfig['credentials']): IotOpenCredentials {
  const { apiKey, token, user, password, clientId, clientSecret, refreshToken } = given;
  const tokenFile = given.tokenFile === undefined ? undefined : new TokenFile(given.tokenFile);
  const key = apiKey ?? token;
  if (key !== undefined) return { kind: 'key', key };
  if (user !== undefined && password !== undefined) return { kind: 'user', user: textOf(user), password, tokenFile };
  if (clientId !== undefined && clientSecret !== undefined && refreshToken !== undefined) {
    return { kind: 'oauth', clientId: textOf(clientId), clientSecret, refreshToken, tokenFile };
  }
  throw new DriverError('internal', 'The credentials of IoT Open are not complete.');
}

/** The configured broker. Default: MQTT over WebSocket below the REST root, as the platform's own web pages use it. */
export function brokerUrlOf({ url, mqtt }: { url: string; mqtt: { url?: string | undefined } }): string {
  return mqtt.url ?? `${url.replace(/^http/i, 'ws').replace(/(?<!\/)\/+$/, '')}/mqtt`;
}

/** The client options that follow from the configuration. The log-in is that of the platform. */
export function brokerConnection(config: IotOpenConfig, platform: Platform, signal: AbortSignal) {
  const { name, tls, proxy, mqtt } = config;
  const { version, clientId, keepAliveSeconds, connectTimeoutMs, sessionExpirySeconds } = mqtt;
  const label = `IoT Open "${name}", its MQTT broker`;
  return {
    ...{ tls, proxy, version, clientId, keepAliveSeconds, connectTimeoutMs, sessionExpirySeconds, label },
    url: brokerUrlOf(config),
    credentials: async (): Promise<BrokerCredentials> => {
      try {
        return await platform.mqttLogin(signal);
      } catch (error) {
        if (!(error instanceof DriverError) || error.code === 'unauthorized') throw error;
        throw new BrokerError('unavailable', `${label}: there is no log-in for it. ${error.message}`);
      }
    },
  };
}

function codeAdvice({ name, credentials }: IotOpenConfig): string {
  const command = `"iota-seeqdrv iotopen-login --connection ${JSON.stringify(name).slice(1, -1)}"`;
  return credentials.tokenFile === undefined
    ? `A service cannot answer that: use an API key, or give "tokenFile" and run ${command}.`
    : `Run ${command} and hand in the code; the driver then uses the token.`;
}

const textOf = (text: string | TextSource): TextSource =>
  typeof text === 'string' ? { reveal: () => Promise.resolve(text) } : text;
