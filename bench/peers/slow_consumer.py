"""Another system that listens on our exchange and takes a message a second, however many come, until killed. Run as
python3 -m peers.slow_consumer [lazy]; the queue, which keeps messages on disk alone if it is lazy, ends with it. A lazy
one is of version 2, as all are in newer brokers: that writes several messages at once."""

import asyncio
import os
import sys

import aio_pika


async def main():
    connection = await aio_pika.connect(os.environ["RABBITMQ_URL"])
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=1)
    mode = {"x-queue-mode": "lazy", "x-queue-version": 2} if sys.argv[1:] == ["lazy"] else {}
    queue = await channel.declare_queue("bench.slow-consumer", durable=True, auto_delete=True, arguments=mode)
    await queue.bind("delivery.events", "#")
    print("listening", flush=True)
    async with queue.iterator() as messages:
        async for message in messages:
            await asyncio.sleep(1)
            await message.ack()


asyncio.run(main())
