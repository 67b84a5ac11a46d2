"""Clients that take their time, until killed: slow_clients.py PORT COUNT. One half sends the headers of a request a byte
a second, the other asks for a long page and reads a byte a second. Who is cut off comes again."""

import socket
import sys
import time

HEADERS = b"POST /orders HTTP/1.1\r\nHost: localhost\r\nX-Padding: " + b"x" * 1000
LONG_PAGE = b"GET /orders?limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n"
SMALLEST_BUFFER = 1  # The kernel makes of it what it takes at least.


def connect(port, reads):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    if reads:
        # More answers than the buffers between take, so that the server is stopped in the middle of one.
        client.send(LONG_PAGE * 10)
    return client


class SlowClient:
    def __init__(self, port, reads):
        self.port, self.reads = port, reads
        self.client = None
        self.sent = 0

    def take_step(self):
        try:
            if self.client is None:
                self.client, self.sent = connect(self.port, self.reads), 0
            elif self.reads:
                if not self.client.recv(1):
                    raise ConnectionResetError
            else:
                self.client.send(HEADERS[self.sent:self.sent + 1])
                self.sent += 1
        except BlockingIOError:
            pass
        except OSError:
            self.client.close()
            self.client = None


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    clients = [SlowClient(port, reads=number % 2 == 0) for number in range(count)]
    while True:
        for client in clients:
            client.take_step()
        time.sleep(1)


if __name__ == "__main__":
    main()
