"""Finds a tag, reads newest values, and reads a series. Needs NATS_URL, CA_FILE, SEED_FILE and TOPIC."""

import asyncio
import json
import os
import ssl

import nats

TIMEOUT_S = 30
# The driver ends a request within its time budget; its last message may arrive a little later.
MARGIN_S = 5


class NoAnswer(Exception):
    """There is no whole answer. Every function only reads, so the request can be sent again."""


async def ask(connection, topic, function, params):
    """Sends a request and joins the messages of its answer."""
    request = {"function": function, "params": params, "timeoutMs": TIMEOUT_S * 1000}
    inbox = connection.new_inbox()
    # Subscribe before the request is sent: the first message may arrive at once.
    subscription = await connection.subscribe(inbox)
    try:
        await connection.publish(topic, json.dumps(request).encode(), reply=inbox)
        messages = {}
        last = None
        while last is None or len(messages) <= last:
            try:
                received = await subscription.next_msg(timeout=TIMEOUT_S + MARGIN_S)
            except nats.errors.TimeoutError:
                raise NoAnswer("A message of the answer is missing. Send the request again.") from None
            if (received.headers or {}).get("Status") == "503":
                raise NoAnswer(f"No driver listens on {topic}.")
            message = json.loads(received.data)
            # After a broken connection a message may arrive twice: the first one counts.
            message = messages.setdefault(message["seq"], message)
            if message["last"]:
                last = message["seq"]
        ordered = [messages[seq] for seq in range(last + 1)]
        # Status and error of the answer are those of its last message.
        return {
            "status": ordered[-1]["status"],
            "error": ordered[-1].get("error"),
            "items": [item for message in ordered for item in message["items"]],
            "messages": len(ordered),
        }
    finally:
        await subscription.unsubscribe()


def samples(items):
    """Joins the chunks of each series: their index is the position of the item in the request."""
    series = {}
    for chunk in items:
        if "error" in chunk:
            print(f"  {chunk['index']} {chunk['error']['code']}: {chunk['error']['message']}")
            continue
        series.setdefault(chunk["index"], []).extend(zip(chunk["times"], chunk["values"]))
    return series


async def main():
    topic = os.environ["TOPIC"]
    connection = await nats.connect(
        os.environ["NATS_URL"],
        tls=ssl.create_default_context(cafile=os.environ["CA_FILE"]),
        nkeys_seed=os.environ["SEED_FILE"],
    )
    try:
        found = await ask(connection, topic, "tagsearch", {"query": "Compressor Power", "limit": 2})
        print(f"tagsearch: {found['status']}")
        tags = [item["fqn"] for item in found["items"] if "error" not in item]

        # One name is wrong: the answer is partial, and the other items have their values.
        newest = await ask(connection, topic, "snapshot", {"items": [*tags, "seeq:plant-a/signal/nonsense"]})
        print(f"snapshot: {newest['status']}")
        for item in sorted(newest["items"], key=lambda item: item["index"]):
            if "error" in item:
                print(f"  {item['index']} {item['error']['code']}: {item['error']['message']}")
            else:
                print(f"  {item['index']} {item['value']} {item.get('unit', '')} {item['status']}")

        # A long series arrives in several messages.
        period = {"start": "2026-01-01", "end": "2026-01-08"}
        history = await ask(connection, topic, "discrete", {"items": tags[:1], **period})
        print(f"discrete: {history['status']}, {history['messages']} messages")
        for index, values in samples(history["items"]).items():
            print(f"  {index} {len(values)} samples")

        # A request that is wrong as a whole.
        wrong = await ask(connection, topic, "discrete", {"items": tags, "start": "2026-01-08", "end": "2026-01-01"})
        print(f"discrete: {wrong['status']}, {wrong['error']['code']}: {wrong['error']['message']}")
    finally:
        await connection.close()


asyncio.run(main())
