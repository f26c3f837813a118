/** Reads a Seeq server the plainest way, to compare what the driver answers with what the server says. */
import { request } from 'undici';

const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

export interface PlainSample {
  key: string;
  value?: string | number | null;
  isUncertain?: boolean | null;
}

export interface PlainSeeq {
  /** GET below `/api`, with a session. */
  get<T>(path: string): Promise<T>;
  /** All samples of a signal, in one page. */
  samples(id: string, start: string, end: string): Promise<PlainSample[]>;
}

/** Logs in with the simulator's default access key. */
export async function plainSeeq(url: string): Promise<PlainSeeq> {
  const headers = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE };
  const login = await request(`${url}/api/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username: 'simulator-access-key', password: 'simulator-access-secret' }),
  });
  await login.body.dump();
  const token = String(login.headers['x-sq-auth']);
  const get = async <T>(path: string): Promise<T> => {
    const { statusCode, body } = await request(`${url}/api${path}`, { headers: { ...headers, 'x-sq-auth': token } });
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${await body.text()}`);
    return (await body.json()) as T;
  };
  return {
    get,
    samples: async (id, start, end) => {
      const query = new URLSearchParams({ start, end, boundaryValues: 'Inclusive', limit: '1000000' });
      const { samples } = await get<{ samples: PlainSample[] }>(`/signals/${id}/samples?${query.toString()}`);
      return samples;
    },
  };
}
