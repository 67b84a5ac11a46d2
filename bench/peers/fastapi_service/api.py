"""POST and GET: uvicorn peers.fastapi_service.api:app"""

import uuid
from datetime import datetime

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from .models import Order, make_sessions, record, utc_now

app = FastAPI()
engine, sessions = make_sessions()


class OrderIn(BaseModel):
    customer_name: str = Field(min_length=1, max_length=200)
    address: str = Field(min_length=1, max_length=500)


class OrderOut(BaseModel):
    id: uuid.UUID
    customer_name: str
    address: str
    status: str
    created_at: datetime

    class Config:
        orm_mode = True


@app.get("/readyz")
async def ready():
    return {"status": "ok"}


@app.post("/orders", response_model=OrderOut, status_code=201)
async def create(body: OrderIn):
    order = Order(id=uuid.uuid4(), customer_name=body.customer_name, address=body.address, status="RECEIVED",
                  created_at=utc_now())
    async with sessions.begin() as session:
        session.add(order)
        await session.flush()
        record(session, order)
    return order


@app.get("/orders/{order_id}", response_model=OrderOut)
async def get(order_id: uuid.UUID):
    async with sessions() as session:
        order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(404, f"Order {order_id} not found")
    return order
