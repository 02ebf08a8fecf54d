"""Stands between a client and a server, in clear, and does something to the first answer that has certain bytes."""

import socket
import threading


class TcpProxy:
    """Passes bytes on until the server sends `marker` for the first time. `fault` is called with the proxy before these
    bytes are passed on; the connection ends if it returns false."""

    def __init__(self, port, marker: bytes, fault):
        self.port, self.marker, self.fault = port, marker, fault
        self.connections = []
        self.is_tripped = False
        self.requests = 0
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def until_requests(self, number):
        """Waits until the client has sent the marker this often."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.requests >= number, timeout=60)

    def close(self):
        self.listener.close()
        for connection in self.connections:
            _end(connection)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                # As a host whose server is away.
                client.close()
                continue
            self.connections += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server, self._sent), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, self._answered), daemon=True).start()

    def _pass_on(self, source, target, judge):
        seen = b""
        try:
            while piece := source.recv(65536):
                # The marker may lie across two pieces.
                seen = seen[-len(self.marker) + 1 :] + piece
                if self.marker in seen and not judge():
                    break
                target.sendall(piece)
        except OSError:
            pass
        _end(source)
        _end(target)

    def _sent(self):
        with self.changed:
            self.requests += 1
            self.changed.notify_all()
        return True

    def _answered(self):
        with self.changed:
            is_first, self.is_tripped = not self.is_tripped, True
        return self.fault(self) if is_first else True


def _end(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
