# A receiver of webhooks as a partner writes one, with the library `standardwebhooks` of PyPI. It listens on a free port of this machine, says which,
# reads its secret as the first line of its input, answers 204 to what verifies and 400 to what does not, says each, and ends when its input does.
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

secret = threading.Event()


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        secret.wait()
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            message = receiver.verify(body, {name.lower(): value for name, value in self.headers.items()})
            said, status = f"verified {message['type']} {self.headers['webhook-id']}", 204
        except WebhookVerificationError as error:
            said, status = f"refused {error}", 400
        # In one write: `print` makes two, and the lines of several threads would run into each other.
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
receiver = Webhook(sys.stdin.readline().strip())
secret.set()
sys.stdin.read()
os._exit(0)
