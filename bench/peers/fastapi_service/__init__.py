"""The same job as its users would write it: FastAPI, SQLAlchemy async, RabbitMQ, a transactional outbox."""
