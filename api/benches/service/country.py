#!/usr/bin/env python3
"""`make country`: a day of France in ten minutes on three instances, PostgreSQL and Redis, with instances killed in the middle; writes COUNTRY.md.

    make country                                        ten minutes, without the builds and the loading
    make country ARGS="--for 1m --units 1000 --accounts 300 --rate 10"     to try the script; writes COUNTRY.md nowhere but in the target folder
    make country ARGS="--kill-every 0"                  nothing is killed
    make country HAVRE=/path/to/havre                   that binary instead of a new release build

The load comes from `havre simulate` with the policy of matcher/policy/simulation.toml, on the same cores as all servers. It fails where a promise was
broken, where an instance did not end well, or where `havre verify` finds something.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import date
from pathlib import Path

sys.dont_write_bytecode = True
import bench  # noqa: E402
from bench import ROOT, TARGET, WORK, free_port, say, spawn, wait_until  # noqa: E402

RESULTS = bench.HERE.parent / "COUNTRY.md"
INSTANCES = 3


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--for", dest="lasts", default="10m", help="how long, as `havre simulate --for` takes it")
    arguments.add_argument("--units", type=int, default=10_000)
    arguments.add_argument("--accounts", type=int, default=3_000)
    arguments.add_argument("--rate", type=float, default=34.0, help="commands a second; three times as many rankings")
    arguments.add_argument("--kill-every", type=float, default=60.0, help="seconds between two `kill -9` of an instance; 0: none")
    arguments = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    WORK.mkdir(parents=True, exist_ok=True)
    bench.install()
    if not shutil.which("redis-server"):
        sys.exit("make country needs redis-server. Install it, such as by: sudo apt-get install redis-server")
    given = os.environ.get("HAVRE")
    binary = Path(given).resolve() if given else bench.cargo_build(ROOT, TARGET, "havre")
    with contextlib.ExitStack() as stack:
        page, failures = Country(stack, binary, arguments).day()
    is_whole = (arguments.lasts, arguments.units, arguments.accounts) == ("10m", 10_000, 3_000)
    out = RESULTS if is_whole else WORK / "COUNTRY.md"
    out.write_text(page)
    say(f"wrote {out}")
    if failures:
        sys.exit("\n".join(failures))


class Country:
    def __init__(self, stack, binary, arguments, serving=None):
        """`serving` is what begins to serve, on the schema it knows, where that is another program than the one that drives it."""
        self.stack, self.binary, self.arguments, self.failures = stack, binary, arguments, []
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="havre-country-")))
        self.folder.chmod(0o755)
        postgres = bench.Postgres(stack, self.folder)
        redis, log = free_port(), self.folder / "redis.log"
        server = spawn(stack, ["redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], log, cwd=self.folder)
        wait_until("Redis", lambda: bench.listens(redis), server, log)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("HAVRE_")} | {
            "HAVRE_DATABASE_URL": postgres.create("country"),
            "HAVRE_KEYS_URL": postgres.create("country_keys"),
            "HAVRE_REDIS_URL": f"redis://127.0.0.1:{redis}",
            "HAVRE_MASTER_KEY_FILE": str(self.folder / "master.key"),
            "HAVRE_POLICY": str(ROOT / "matcher/policy/simulation.toml"),
            "HAVRE_RATE_LIMITS": "off",
        }
        (self.folder / "master.key").write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
        (self.folder / "master.key").chmod(0o600)
        self.load(postgres, serving or binary)
        self.ports = [free_port() for _ in range(INSTANCES)]
        self.processes = [self.start(number, serving or binary) for number in range(INSTANCES)]
        # By what drives: where it is newer it migrates the schema under those who serve.
        self.havre("simulate", "accounts", arguments.accounts, into=self.folder / "accounts.jsonl")

    def havre(self, *command, into=None, binary=None):
        command = [str(part) for part in (binary or self.binary, *command)]
        with open(into or os.devnull, "wb") as out:
            done = subprocess.run(command, env=self.environment, cwd=self.folder, stdout=out, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")

    def load(self, postgres, serving):
        say(f"loads {self.arguments.units:,} units and {self.arguments.accounts:,} accounts")
        files = self.folder / "registry"
        self.havre("seed", "--synthetic", self.arguments.units, "--seed", 1, "--out", files, binary=serving)
        bench.move_days(files)
        self.havre("migrate", binary=serving)
        self.havre("seed", "--from", files, binary=serving)
        postgres.sql("country", "-c", "vacuum analyze")

    def start(self, number, binary=None):
        """Starts an instance at its address, and waits until it is ready."""
        log, since = self.folder / f"instance-{number}.log", time.monotonic()
        environment = self.environment | {"HAVRE_BIND": f"127.0.0.1:{self.ports[number]}"}
        process = spawn(self.stack, [binary or self.binary, "serve"], log, env=environment, cwd=self.folder)
        wait_until(f"instance {number}", lambda: self.is_ready(number), process, log)
        say(f"instance {number} is ready after {time.monotonic() - since:.2f} s")
        return process

    def is_ready(self, number):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.ports[number]}/api/v1/readiness", timeout=5).status == 200
        except OSError:
            return False

    def meanwhile(self, over):
        """What happens while the day goes on: `kill -9` of one instance after another, each started again."""
        for number in itertools.cycle(range(INSTANCES)):
            if not self.arguments.kill_every or over.wait(self.arguments.kill_every):
                return
            self.processes[number].kill()
            self.processes[number].wait()
            say(f"instance {number} was killed")
            time.sleep(2)
            self.processes[number] = self.start(number)
            self.kills += 1

    def day(self):
        """The page, and what failed."""
        over, self.kills = threading.Event(), 0
        beside = threading.Thread(target=self.meanwhile, args=[over])
        beside.start()
        command = [self.binary, "simulate", "--accounts-file", self.folder / "accounts.jsonl", "--for", self.arguments.lasts, "--rate", self.arguments.rate]
        for port in self.ports:
            command += ["--url", f"http://127.0.0.1:{port}"]
        done = subprocess.run([str(part) for part in command], cwd=self.folder, stdout=subprocess.PIPE, text=True, check=False)
        over.set()
        beside.join()
        print(done.stdout, flush=True)
        if done.returncode:
            self.failures.append("a promise was broken: see violations")
        if type(self) is Country and not self.arguments.kill_every and "\n0 answers of 503" not in done.stdout:
            self.failures.append("there were answers of 503 though nothing was killed")
        memory = [self.memory_mb(process) for process in self.processes]
        self.havre("verify")
        say("havre verify: sound")
        return self.page(done.stdout, memory), self.failures

    @staticmethod
    def memory_mb(process):
        status = Path(f"/proc/{process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) * 1024 / 1e6

    def page(self, report, memory):
        machine, arguments = bench.machine(), self.arguments
        resident = ", ".join(f"{each:.0f}" for each in memory)
        return f"""# A day of France in {arguments.lasts}

Written by `make country` on {date.today().isoformat()}; do not edit. {arguments.units:,} synthetic units, {arguments.accounts:,} accounts, {INSTANCES} instances, PostgreSQL and Redis, and
`havre simulate` that drives them, all on the same cores: {machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gib"]} GiB, {machine["kernel"]}; {machine["postgres"]}. Tree at commit {machine["commit"]}.
{self.kills} times an instance was killed (`kill -9`) and started again meanwhile. `havre verify` afterwards found all as it was written. Resident memory of the instances
in the end: {resident} MB.

```
{report.strip()}
```
"""


if __name__ == "__main__":
    main()
