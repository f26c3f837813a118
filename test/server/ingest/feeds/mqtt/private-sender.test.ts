/** The one private member of mqtt.js that the driver uses; a new version of the package must pass this. */
import { MqttClient } from 'mqtt';
import { expect, test } from 'vitest';
import { sendPacket } from '../../../../../src/mqtt/connection.ts';
import { eventually } from '../../../../support/eventually.ts';
import { brokerForTest, plainForTest } from '../../../mqtt/support.ts';

test.each([4, 5] as const)('a message is acknowledged out of its turn (protocol %d)', async (protocolVersion) => {
  expect(typeof (MqttClient.prototype as unknown as { _sendPacket: unknown })._sendPacket).toBe('function');
  const broker = await brokerForTest({ logPackets: true });
  const client = await plainForTest(broker, { clientId: 'driver', protocolVersion });
  const { raw } = client;
  const ids: number[] = [];
  raw.handleMessage = ({ messageId = 0 }, next) => {
    ids.push(messageId);
    // Goes on with the next one, and acknowledges nothing.
    next(new Error('later'));
  };
  await client.subscribe('t/#');
  const sender = await plainForTest(broker);
  for (const text of ['a', 'b', 'c']) await sender.publish('t/x', text);
  await eventually(() => {
    expect(ids).toHaveLength(3);
  });
  expect(broker.log()).not.toContain('Received PUBACK from driver');
  for (const messageId of ids.toReversed()) sendPacket(raw, { cmd: 'puback', messageId, reasonCode: 0 });
  await eventually(() => {
    const acknowledged = broker.log().match(/(?<=Received PUBACK from driver \(Mid: )\d+/g);
    expect(acknowledged?.map(Number)).toEqual(ids.toReversed());
  });
  sendPacket(raw, { cmd: 'disconnect', reasonCode: 0 });
  await eventually(() => {
    expect(broker.log()).toContain('Received DISCONNECT from driver');
  });
});
