"""HTTPS in front of a server of HTTP, for who logs in: `guarded_proxy.py TARGET_PORT CERTIFICATE USER:PASSWORD`.

Listens on a port of 127.0.0.1 that it prints. CERTIFICATE is a PEM file with the key; whoever does not log in as USER
with PASSWORD is answered 401, as registries do.
"""

import base64
import http.client
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TARGET, CERTIFICATE, LOGIN = int(sys.argv[1]), sys.argv[2], sys.argv[3]
WANTED = "Basic " + base64.b64encode(LOGIN.encode()).decode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != WANTED:
            return self.answer(401, b'{"error_code":401,"message":"Unauthorized"}')
        target = http.client.HTTPConnection("127.0.0.1", TARGET)
        passed = {name: self.headers[name] for name in ("Content-Type", "Accept") if name in self.headers}
        target.request(self.command, self.path, body or None, passed)
        answer = target.getresponse()
        self.answer(answer.status, answer.read())

    do_GET = do_POST = do_PUT = handle_any

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
