/** Answers of brokers that mosquitto never gives. */
import type { Packet } from 'mqtt-packet';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { linkForTest, textOf, VERSIONS } from './support.ts';
import { kindly, scriptedBroker } from './scripted-broker.ts';

const is = <C extends Packet['cmd']>(packet: Packet, cmd: C): packet is Extract<Packet, { cmd: C }> =>
  packet.cmd === cmd;

const refusals: ['3.1.1' | '5', number, 'refused' | 'down', RegExp][] = [
  ['3.1.1', 1, 'refused', /does not speak this version of MQTT/],
  ['3.1.1', 2, 'refused', /rejects the client id.*"driver under test"/],
  ['3.1.1', 3, 'down', /reports that it is unavailable/],
  ['3.1.1', 4, 'refused', /wrong user or password/],
  ['3.1.1', 5, 'refused', /not authorized/],
  ['5', 132, 'refused', /does not speak MQTT 5/],
  ['5', 133, 'refused', /rejects the client id/],
  ['5', 134, 'refused', /wrong user or password.*It says: "no such user"/],
  ['5', 135, 'refused', /not authorized/],
  ['5', 136, 'down', /reports that it is unavailable/],
  ['5', 137, 'down', /busy/],
  ['5', 138, 'refused', /banned/],
  ['5', 140, 'refused', /requires another auth method/],
  ['5', 157, 'down', /moved to another server/],
  ['5', 199, 'down', /code 199/],
];

test.each(refusals)('MQTT %s: CONNACK with %d is %s', async (version, code, state, message) => {
  const properties = { reasonString: 'no such\r\nuser' };
  const broker = await scriptedBroker(version, (_packet, peer) => {
    peer.send({ cmd: 'connack', returnCode: code, reasonCode: code, sessionPresent: false, properties });
    peer.end();
  });
  await linkForTest(broker.url, { version }).told(state, message);
});

test('MQTT 5: a password that the broker repeats in its reason is not shown', async () => {
  const password = 'hall:pass/w0rd 4711';
  const reasonString = `no such user or password: ${password}, ${Buffer.from(password).toString('base64')}`;
  const broker = await scriptedBroker('5', (_packet, peer) => {
    peer.send({
      cmd: 'connack',
      returnCode: 134,
      reasonCode: 134,
      sessionPresent: false,
      properties: { reasonString },
    });
    peer.end();
  });
  await linkForTest(broker.url, { credentials: async () => ({ username: 'hall', password }) }).told(
    'refused',
    /It says: "no such user or password: \[secret\], \[secret\]/,
  );
});

const goodbyes: [number, 'refused' | 'down', RegExp][] = [
  [142, 'refused', /another client has taken the session over.*client id "driver under test"/],
  [135, 'refused', /no longer authorized/],
  [139, 'down', /it shuts down/],
  [143, 'refused', /does not allow one of the topic filters/],
  [151, 'down', /a quota is used up/],
  [158, 'refused', /has no shared subscriptions/],
  [159, 'down', /connections arrive faster than it allows/],
  [160, 'down', /longest allowed time of a connection is over/],
  [162, 'refused', /accepts no wildcards/],
];

test.each(goodbyes)('MQTT 5: a goodbye with %d is %s', async (reasonCode, state, message) => {
  const broker = await scriptedBroker(
    '5',
    kindly((packet, peer) => {
      if (!is(packet, 'subscribe')) return false;
      peer.send({ cmd: 'disconnect', reasonCode });
      peer.end();
      return true;
    }),
  );
  await linkForTest(broker.url).told(state, message);
});

describe.each(VERSIONS)('MQTT %s', (version) => {
  test('a refused subscription is named, the others work', async () => {
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe')) return false;
        const granted = packet.subscriptions.map(({ topic }) => (topic === 't/secret' ? 128 : 1));
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
        peer.send({ cmd: 'publish', topic: 't/3', payload: 'x', qos: 1, dup: false, retain: false, messageId: 9 });
        return true;
      }),
    );
    const filters = ['t/1', 't/2', 't/secret', ...Array.from({ length: 20 }, (_, n) => `t/more/${n}`)];
    const { becomes, texts } = linkForTest(broker.url, {
      version,
      subscriptions: () => filters.map((filter) => ({ filter, qos: 1 })),
    });
    const { message } = await becomes('refused');
    expect(message).toMatch(
      /refused a subscription: "t\/secret" \(refused without a reason, mostly for want of rights\)/,
    );
    await eventually(() => {
      expect(texts()[0]).toBe('x');
      expect(broker.packets.some((packet) => packet.cmd === 'puback' && packet.messageId === 9)).toBe(true);
    });
    // No more in one packet than the pickiest brokers take.
    const sizes = broker.packets.flatMap((packet) => (is(packet, 'subscribe') ? [packet.subscriptions.length] : []));
    expect(sizes).toEqual([8, 8, 7]);
  });

  test('what a refused subscription took in is asked for itself', async () => {
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe')) return false;
        const granted = packet.subscriptions.map(({ topic }) => (topic === 't/#' ? 128 : 1));
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
        return true;
      }),
    );
    const { becomes } = linkForTest(broker.url, {
      version,
      subscriptions: () => ['t/#', 't/1', 't/2'].map((filter) => ({ filter, qos: 1 })),
    });
    expect((await becomes('refused')).message).toContain('"t/#"');
    const asked = broker.packets.flatMap((packet) =>
      is(packet, 'subscribe') ? packet.subscriptions.map(({ topic }) => topic) : [],
    );
    expect(asked).toEqual(['t/#', 't/1', 't/2']);
  });

  test('a broker that closes the connection instead of refusing a subscription is not taken for two clients', async () => {
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (is(packet, 'subscribe')) peer.end();
        return is(packet, 'subscribe');
      }),
    );
    const { told } = linkForTest(broker.url, { version });
    await told('down', /again and again: probably it does not allow one of the topic filters, or another client uses/);
  });

  test('a lower quality of service than requested is reported', async () => {
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe')) return false;
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [0] });
        return true;
      }),
    );
    const { becomes, log } = linkForTest(broker.url, { version });
    await becomes('up');
    expect(log.messages().join()).toMatch(/grants only quality of service 0 for "t\/#"; messages can be lost/);
  });

  test('a subscription may be answered late, behind the messages that the broker has kept', async () => {
    const kept = 20;
    // Time passes only where the test lets it.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    let subscribed = 0;
    const broker = await scriptedBroker(version, (packet, peer) => {
      const deliver = (messageId: number): void => {
        const payload = String(messageId);
        peer.send({ cmd: 'publish', topic: 't/kept', payload, qos: 1, messageId, dup: false, retain: false });
      };
      if (packet.cmd === 'connect') {
        peer.send({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: true });
      } else if (packet.cmd === 'subscribe') {
        subscribed = packet.messageId ?? 0;
        deliver(1);
      } else if (packet.cmd === 'puback') {
        const { messageId = 0 } = packet;
        // Each alone comes in time; all of them together take longer than a broker may be silent.
        vi.advanceTimersByTime(4000);
        if (messageId < kept) deliver(messageId + 1);
        else peer.send({ cmd: 'suback', messageId: subscribed, granted: [1] });
      }
    });
    const { link } = linkForTest(broker.url, { version, connectTimeoutMs: 5000 });
    while (link.state.state !== 'up') await new Promise(setImmediate);
    expect(link.metrics).toMatchObject({ connections: 1, acknowledged: kept });
  });

  test('a subscription that is not answered does not block the client', async () => {
    const broker = await scriptedBroker(
      version,
      kindly((packet) => is(packet, 'subscribe')),
    );
    const { told } = linkForTest(broker.url, { version, connectTimeoutMs: 200 });
    await told('down', /subscriptions were not answered within 200 ms/);
  });

  test('what changes while a subscription is not answered yet follows after it, and nothing is asked for twice', async () => {
    const held: (() => void)[] = [];
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe') || held.length > 0) return false;
        held.push(() => {
          peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1, 1] });
        });
        return true;
      }),
    );
    let filters = ['t/a', 't/b'];
    const { becomes, link } = linkForTest(broker.url, {
      version,
      subscriptions: () => filters.map((filter) => ({ filter, qos: 1 as const })),
    });
    await eventually(() => {
      expect(held).toHaveLength(1);
    });
    filters = ['t/b', 't/c'];
    link.refresh();
    // Its first requests come before this.
    await link.publish('out', Buffer.from('x'), 0);
    await eventually(() => {
      expect(broker.packets.some((packet) => is(packet, 'publish'))).toBe(true);
    });
    held[0]?.();
    await eventually(() => {
      expect(broker.packets.some((packet) => is(packet, 'unsubscribe'))).toBe(true);
    });
    await becomes('up');
    const asked = broker.packets.flatMap((packet) => {
      if (is(packet, 'subscribe')) return [packet.subscriptions.map(({ topic }) => topic)];
      return is(packet, 'unsubscribe') ? [packet.unsubscriptions] : [];
    });
    expect(asked).toEqual([['t/a', 't/b'], ['t/c'], ['t/a']]);
  });

  test('answers to pings are no answer to a subscription', async () => {
    const broker = await scriptedBroker(
      version,
      kindly((packet) => is(packet, 'subscribe')),
    );
    // A ping every half second.
    const { told } = linkForTest(broker.url, { version, keepAliveSeconds: 1, connectTimeoutMs: 1200 });
    await told('down', /subscriptions were not answered within 1200 ms/);
    expect(broker.packets.some((packet) => is(packet, 'pingreq'))).toBe(true);
  });

  test('the same id with another message is another message, also if the broker says that it repeats', async () => {
    const publish = (payload: string, dup: boolean): Packet => {
      return { cmd: 'publish', topic: 't/x', payload, qos: 1, dup, retain: false, messageId: 7 };
    };
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe')) return false;
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1] });
        peer.send(publish('one', false));
        peer.send(publish('one', true));
        peer.send(publish('two', true));
        peer.send(publish('one', false));
        return true;
      }),
    );
    const { got } = linkForTest(broker.url, { version });
    await eventually(() => {
      expect(got.map(textOf)).toEqual(['one', 'one', 'two', 'one']);
    });
    const [first, repeated, other, later] = got.map(({ received }) => received);
    expect(repeated).toBe(first);
    expect(new Set([first, other, later]).size).toBe(3);
  });

  test('an id that the broker uses again, and whose first delivery was lost, is another message', async () => {
    const publish = (dup: boolean): Packet => {
      return { cmd: 'publish', topic: 't/x', payload: 'same', qos: 1, dup, retain: false, messageId: 7 };
    };
    let pings = 0;
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (is(packet, 'pingreq') && pings++ === 0) {
          peer.send({ cmd: 'pingresp' });
          peer.send(publish(true));
          return true;
        }
        if (!is(packet, 'subscribe')) return false;
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1] });
        peer.send(publish(false));
        return true;
      }),
    );
    const { got } = linkForTest(broker.url, { version, keepAliveSeconds: 1 });
    await eventually(() => {
      expect(got).toHaveLength(2);
    });
    expect(got[1]?.received).not.toBe(got[0]?.received);
  });

  test('a topic that is no UTF-8 arrives marked, and breaks nothing', async () => {
    const topic = Buffer.from([0x74, 0x2f, 0xff, 0xfe]);
    const body = Buffer.concat([
      Buffer.from([0, topic.length]),
      topic,
      Buffer.from(version === '5' ? [0, 5, 0] : [0, 5]),
      Buffer.from('x'),
    ]);
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe')) return false;
        peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1] });
        peer.raw(Buffer.concat([Buffer.from([0x32, body.length]), body]));
        return true;
      }),
    );
    const { got, link } = linkForTest(broker.url, { version });
    await eventually(() => {
      expect(link.metrics.acknowledged).toBe(1);
    });
    expect(got[0]?.topic).toContain('\uFFFD');
  });

  test('nonsense in the middle ends the connection, and the next one works', async () => {
    let connections = 0;
    const broker = await scriptedBroker(
      version,
      kindly((packet, peer) => {
        if (!is(packet, 'subscribe') || connections++ > 0) return false;
        peer.raw(Buffer.from([0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
        return true;
      }),
    );
    const { link, states } = linkForTest(broker.url, { version });
    await eventually(() => {
      expect(link.metrics.connections).toBe(2);
      expect(link.state.state).toBe('up');
    });
    expect(states.map(({ state }) => state)).toEqual(['down', 'connecting', 'up']);
  });
});

test('MQTT 5: no more is published at once than the broker takes, and in order', async () => {
  const open: number[] = [];
  let most = 0;
  const broker = await scriptedBroker(
    '5',
    kindly((packet, peer) => {
      if (is(packet, 'connect')) {
        const properties = { receiveMaximum: 3 };
        peer.send({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false, properties });
        return true;
      }
      if (!is(packet, 'publish')) return false;
      open.push(packet.messageId ?? 0);
      most = Math.max(most, open.length);
      setImmediate(() => {
        const messageId = open.shift() ?? 0;
        peer.send({ cmd: 'puback', messageId, reasonCode: 0 });
      });
      return true;
    }),
  );
  const { becomes, link } = linkForTest(broker.url);
  await becomes('up');
  await Promise.all(Array.from({ length: 20 }, (_, n) => link.publish('out', Buffer.from(String(n)), 1)));
  expect(most).toBe(3);
  const sent = broker.packets.flatMap((packet) => (is(packet, 'publish') ? [String(packet.payload)] : []));
  expect(sent).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
});

test('publishing is refused in words, or fails with the connection', async () => {
  const broker = await scriptedBroker(
    '5',
    kindly((packet, peer) => {
      if (!is(packet, 'publish')) return false;
      const reasonCode = { forbidden: 135, later: 151 }[packet.topic];
      if (reasonCode !== undefined) {
        peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode });
      } else {
        peer.end();
      }
      return true;
    }),
  );
  const { becomes, link } = linkForTest(broker.url);
  await expect(link.publish('out', Buffer.from('x'), 1)).rejects.toMatchObject({ name: 'BrokerUnavailable' });
  await becomes('up');
  await expect(link.publish('forbidden', Buffer.from('x'), 1)).rejects.toMatchObject({ name: 'PublishRefused' });
  // A quota is free again later, so what it keeps back must not be given up.
  await expect(link.publish('later', Buffer.from('x'), 1)).rejects.toMatchObject({ name: 'BrokerUnavailable' });
  for (const topic of ['', 'a/+', 'a/#', 'a\0b', 'a\uD800', 'x'.repeat(65_536)]) {
    await expect(link.publish(topic, Buffer.from('x'), 1)).rejects.toMatchObject({ name: 'PublishRefused' });
  }
  await expect(link.publish('out', Buffer.from('x'), 1)).rejects.toMatchObject({ name: 'BrokerUnavailable' });
});

test('MQTT 5: a session that is kept for less than requested is reported once', async () => {
  let connections = 0;
  const broker = await scriptedBroker(
    '5',
    kindly((packet, peer) => {
      if (!is(packet, 'connect')) return false;
      expect(packet.properties?.sessionExpiryInterval).toBe(86_400);
      const properties = { sessionExpiryInterval: 60 };
      peer.send({ cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false, properties });
      if (connections++ === 0) peer.end();
      return true;
    }),
  );
  const { link, log } = linkForTest(broker.url);
  await eventually(() => {
    expect(link.state.state).toBe('up');
  });
  expect(connections).toBe(2);
  expect(log.messages().filter((line) => line.includes('keeps the session'))).toEqual([
    expect.stringMatching(/for only 60 s while the driver is away/),
  ]);
});
