"""Publishes the outbox, a batch at a time, with publisher confirms: python3 -m peers.fastapi_service.relay"""

import asyncio
import json
import os

import aio_pika
from sqlalchemy import delete, select

from .models import OutboxEvent, make_sessions

EXCHANGE = "peer.events"
BATCH = 200
POLL_INTERVAL = 0.05


async def publish_batch(sessions, exchange):
    async with sessions.begin() as session:
        query = select(OutboxEvent).order_by(OutboxEvent.sequence).limit(BATCH).with_for_update(skip_locked=True)
        events = (await session.execute(query)).scalars().all()
        if events:
            await asyncio.gather(*(publish(exchange, event) for event in events))
            await session.execute(delete(OutboxEvent).where(OutboxEvent.sequence.in_([e.sequence for e in events])))
        return len(events)


async def publish(exchange, event):
    body = {"event_id": str(event.event_id), "order_id": str(event.order_id), "status": event.status}
    message = aio_pika.Message(json.dumps(body).encode(), content_type="application/json",
                               delivery_mode=aio_pika.DeliveryMode.PERSISTENT, message_id=str(event.event_id))
    await exchange.publish(message, routing_key=f"order.{event.status.lower()}")


async def main():
    _, sessions = make_sessions()
    connection = await aio_pika.connect_robust(os.environ["RABBITMQ_URL"])
    channel = await connection.channel(publisher_confirms=True)
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    while True:
        if not await publish_batch(sessions, exchange):
            await asyncio.sleep(POLL_INTERVAL)


if __name__ == "__main__":
    asyncio.run(main())
