#!/usr/bin/env python3
"""What floods get, and what an honest client notices of them: 3 000 requests in a row, 300 wrong sign-ins, 50 slow bodies, 2 000 connections,
against a demo with its limits on. Standard library alone.

    api/benches/service/flood.py [target/release/havre]

Prints for each what was answered, and of an honest client beside it the median and the 99th percentile (it reads one record ten times a second).
"""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def demo(binary):
    """A demo on a free port: its host and port, and a token for each role."""
    with tempfile.TemporaryDirectory() as folder:
        said, log = pathlib.Path(folder) / "said.txt", pathlib.Path(folder) / "log.txt"
        with said.open("w") as out, log.open("w") as errors:
            server = subprocess.Popen([binary, "demo"], stdout=out, stderr=errors, env={**os.environ, "HAVRE_BIND": "127.0.0.1:0"})
        try:
            while "Stop with Ctrl-C" not in said.read_text():
                if server.poll() is not None:
                    sys.exit(f"the demo does not start: {log.read_text()}")
                time.sleep(0.1)
            lines = said.read_text().splitlines()
            base = next(line for line in lines if "OpenAPI: " in line).split("OpenAPI: ")[1].removesuffix("/api/v1/openapi.json")
            tokens = dict(line.split(": ", 1) for line in lines if re.match(r"[a-z]+: \S+$", line))
            url = urllib.parse.urlparse(base)
            yield (url.hostname, url.port), tokens
        finally:
            server.terminate()
            server.wait()


class Honest:
    """A client beside the flood: one record, ten times a second."""

    def __init__(self, at, token):
        self.at, self.token, self.took, self.statuses, self.done = at, token, [], collections.Counter(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        connection = http.client.HTTPConnection(*self.at, timeout=30)
        while not self.done.is_set():
            begun = time.monotonic()
            try:
                connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {self.token}"})
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] += 1
            except (OSError, http.client.HTTPException) as error:
                self.statuses[type(error).__name__] += 1
                connection = http.client.HTTPConnection(*self.at, timeout=30)
            self.took.append(time.monotonic() - begun)
            time.sleep(0.1)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def said(self):
        took = sorted(self.took)
        p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
        return f"{dict(self.statuses)}, median {1000 * took[len(took) // 2]:.1f} ms, p99 {1000 * p99:.1f} ms of {len(took)}"


def in_a_row(at, token):
    connection, statuses, first = http.client.HTTPConnection(*at), collections.Counter(), None
    for number in range(3000):
        connection.request("GET", "/api/v1/units?limit=200", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
        if answer.status == 429 and first is None:
            first = number
    return f"{dict(statuses)}, the first refused after {first}"


def wrong_sign_ins(at, _):
    connection, said = http.client.HTTPConnection(*at), collections.Counter()
    connection.request("GET", "/connexion")
    answer = connection.getresponse()
    page, cookie = answer.read().decode(), answer.headers["Set-Cookie"].split(";")[0]
    hidden = {name: re.search(f'name="{name}" value="([^"]+)"', page)[1] for name in ("form", "key")}
    for number in range(300):
        typed = {**hidden, "address": "personne@example.org", "password": f"mauvais mot de passe {number}", "code": "000000"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        connection.request("POST", "/connexion", urllib.parse.urlencode(typed), headers)
        answer = connection.getresponse()
        answer.read()
        said[answer.status] += 1
    return dict(said)


def slow_bodies(at, token):
    """Half of them signed in: a byte a second, of a body that never ends."""
    ended, lock = collections.Counter(), threading.Lock()

    def one(number):
        sign = f"Authorization: Bearer {token}\r\nIdempotency-Key: slow-{number}\r\n" if number % 2 else ""
        begun, status = time.monotonic(), "nothing"
        with socket.create_connection(at, timeout=1) as slow:
            slow.sendall(
                f"POST /api/v1/requests HTTP/1.1\r\nHost: {at[0]}\r\n{sign}Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n".encode()
            )
            while time.monotonic() - begun < 40:
                try:
                    slow.sendall(b" ")
                    part = slow.recv(4096)
                    if not part:
                        break
                    if part.startswith(b"HTTP/1.1 "):
                        status = part[9:12].decode()
                except TimeoutError:
                    continue
                except OSError:
                    break
        took = time.monotonic() - begun
        with lock:
            ended[(status, "closed" if took < 39 else "STILL OPEN", f"{'signed in' if sign else 'stranger'}")] += 1
            ended["longest s"] = max(ended["longest s"], round(took))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(50)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return dict(ended)


def connections(at, _):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    opened, refused = [], 0
    for _ in range(2000):
        try:
            opened.append(socket.create_connection(at, timeout=5))
        except OSError:
            refused += 1
    time.sleep(15)
    open_still = 0
    for one in opened:
        one.setblocking(False)
        try:
            open_still += one.recv(4096) not in (b"",) and 0
        except BlockingIOError:
            open_still += 1
        except OSError:
            pass
        one.close()
    return f"{len(opened)} opened, {refused} refused, {open_still} silent ones still open after 15 s"


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/havre")
    with demo(binary) as (at, tokens):
        flooder, honest = tokens["referent"], tokens["provider"]
        for name, flood in [
            ("nothing", lambda *_: time.sleep(5)),
            ("3 000 lists of 200 in a row", in_a_row),
            ("300 wrong sign-ins", wrong_sign_ins),
            ("50 slow bodies", slow_bodies),
            ("2 000 connections", connections),
        ]:
            with Honest(at, honest) as beside:
                begun = time.monotonic()
                came = flood(at, flooder)
                took = time.monotonic() - begun
            print(f"{name} ({took:.1f} s): {json.dumps(came) if isinstance(came, str) else came}\n  honest beside: {beside.said()}", flush=True)


if __name__ == "__main__":
    main()
