"""Tables, and the engine that reaches them."""

import os
import uuid
from datetime import datetime, timezone

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

Base = declarative_base()
NEXT_STATUS = {"RECEIVED": "IN_TRANSIT", "IN_TRANSIT": "DELIVERED"}


def utc_now():
    return datetime.now(timezone.utc)


class Order(Base):
    __tablename__ = "orders"
    id = Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    customer_name = Column(String(200), nullable=False)
    address = Column(String(500), nullable=False)
    status = Column(String(20), nullable=False, default="RECEIVED")
    created_at = Column(DateTime(timezone=True), nullable=False, default=utc_now)
    __table_args__ = (Index("orders_by_status", "status"),)


class OrderEvent(Base):
    __tablename__ = "order_events"
    id = Column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    order_id = Column(UUID(as_uuid=True), ForeignKey("orders.id"), nullable=False, index=True)
    status = Column(String(20), nullable=False)
    timestamp = Column(DateTime(timezone=True), nullable=False, default=utc_now)


class OutboxEvent(Base):
    __tablename__ = "outbox_events"
    sequence = Column(BigInteger, primary_key=True, autoincrement=True)
    event_id = Column(UUID(as_uuid=True), nullable=False)
    order_id = Column(UUID(as_uuid=True), nullable=False)
    status = Column(String(20), nullable=False)


def make_sessions():
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=int(os.environ.get("POOL_SIZE", "20")), max_overflow=0)
    return engine, sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def record(session, order):
    """The order's present status as an event: in its history and in the outbox."""
    event = OrderEvent(id=uuid.uuid4(), order_id=order.id, status=order.status, timestamp=utc_now())
    session.add_all([event, OutboxEvent(event_id=event.id, order_id=order.id, status=order.status)])
