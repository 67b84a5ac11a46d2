"""Another system that listens on our exchange and takes each message as soon as it comes, until killed: what the broker
sends is read and thrown away, so that this takes next to no processor time of its own. Run as
python3 -m peers.quick_consumer; the queue ends with it."""

import os
import socket
from urllib.parse import unquote, urlsplit

from pamqp import commands, frame, header

QUEUE = "bench.quick-consumer"


class Connection:
    """AMQP 0-9-1 with one channel, a call at a time."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._socket.sendall(header.ProtocolHeader().marshal())
        self._received = b""
        self._await_method()
        login = f"\0{unquote(parts.username)}\0{unquote(parts.password)}"
        tune = self.call(commands.Connection.StartOk({}, "PLAIN", login, "en_US"), channel=0)
        self._send(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0), channel=0)
        self.call(commands.Connection.Open(unquote(parts.path[1:]) or "/"), channel=0)
        self.call(commands.Channel.Open())

    def call(self, method, channel=1):
        self._send(method, channel)
        return self._await_method()

    def throw_away(self):
        buffer = bytearray(1 << 20)
        while self._socket.recv_into(buffer):
            pass

    def _send(self, method, channel):
        self._socket.sendall(frame.marshal(method, channel))

    def _await_method(self):
        while True:
            try:
                consumed, _, method = frame.unmarshal(self._received)
                self._received = self._received[consumed:]
                return method
            except frame.exceptions.UnmarshalingException:
                self._received += self._socket.recv(1 << 16) or self._ended()

    @staticmethod
    def _ended():
        raise ConnectionError("the broker closed the connection")


def main():
    connection = Connection(os.environ["RABBITMQ_URL"])
    connection.call(commands.Queue.Declare(queue=QUEUE, durable=True, auto_delete=True))
    connection.call(commands.Queue.Bind(queue=QUEUE, exchange="delivery.events", routing_key="#"))
    connection.call(commands.Basic.Consume(queue=QUEUE, no_ack=True))
    print("listening", flush=True)
    connection.throw_away()


main()
