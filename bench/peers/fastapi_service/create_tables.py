"""Makes the tables: python3 -m peers.fastapi_service.create_tables"""

import asyncio

from .models import Base, make_sessions


async def main():
    engine, _ = make_sessions()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
