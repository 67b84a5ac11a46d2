"""Clients that take their time, until killed: slow_clients.py PORT COUNT. One half asks for long pages and reads hardly
anything of them, the other sends the headers of a request a byte a second. Who is cut off comes again."""

import itertools
import socket
import sys
import time

HEADERS = b"POST /orders HTTP/1.1\r\nHost: localhost\r\nX-Padding: " + b"x" * 1000
# More than all buffers between hold, even where they grow as large as the kernel lets them: 7 MB of answers.
LONG_PAGES = b"GET /orders?limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 400
SMALLEST_BUFFER = 1  # The kernel makes of it what it takes at least.
# As on a network. The kernel measures the server's buffer by it: that holds 30 KB of answers instead of 1.6 MB, as with
# the loopback's own, so the server is stopped in the middle of the second one.
SEGMENT = 1460
# Enough for the server to get on with its answer every few seconds, if only at first.
BYTES_A_SECOND = 1000
# The server closes what stands still for ten seconds, and a reader need not learn of that while something sent before
# is still on its way to it. So it comes again after so many seconds, and not all do at once.
STAY = 15


def connect(port, reads):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    client.settimeout(5)
    try:
        client.connect(("127.0.0.1", port))
        if reads:
            client.sendall(LONG_PAGES)
        client.setblocking(False)
    except OSError:
        client.close()
        raise
    return client


class SlowClient:
    def __init__(self, port, number):
        self.port, self.number = port, number
        self.reads = number % 2 == 0
        self.client = None

    def take_step(self, second):
        try:
            if self.client is not None and self.reads:
                self.read(second)
            elif self.client is not None:
                self.write()
            if self.client is None:
                self.client, self.sent = connect(self.port, self.reads), 0
        except BlockingIOError:
            pass
        except OSError:
            self.leave()

    def read(self, second):
        if (second + self.number) % STAY == 0 or not self.client.recv(BYTES_A_SECOND):
            self.leave()

    def write(self):
        self.client.send(HEADERS[self.sent:self.sent + 1])
        self.sent += 1

    def leave(self):
        if self.client is not None:
            self.client.close()
            self.client = None


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    clients = [SlowClient(port, number) for number in range(count)]
    for second in itertools.count():
        for client in clients:
            client.take_step(second)
            time.sleep(1 / count)  # Not all at once: that would be one client that is quick.


if __name__ == "__main__":
    main()
