"""Takes each order to its next status, one transaction a message: python3 -m peers.fastapi_service.worker"""

import asyncio
import json
import os
import uuid

import aio_pika
from sqlalchemy import select

from .models import NEXT_STATUS, Order, make_sessions, record
from .relay import EXCHANGE

PREFETCH = 64


async def advance(sessions, order_id, seen_status):
    """A repeated message finds another status and changes nothing."""
    async with sessions.begin() as session:
        query = select(Order).where(Order.id == order_id).with_for_update()
        order = (await session.execute(query)).scalar_one_or_none()
        if order is not None and order.status == seen_status:
            order.status = NEXT_STATUS[seen_status]
            record(session, order)


async def main():
    _, sessions = make_sessions()
    connection = await aio_pika.connect_robust(os.environ["RABBITMQ_URL"])
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=PREFETCH)
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue("peer.worker", durable=True, arguments={"x-queue-type": "quorum"})
    for status in NEXT_STATUS:
        await queue.bind(exchange, f"order.{status.lower()}")

    async def handle(message):
        async with message.process():
            body = json.loads(message.body)
            await advance(sessions, uuid.UUID(body["order_id"]), body["status"])

    await queue.consume(handle)
    await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
