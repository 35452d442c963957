#!/usr/bin/env python3
"""`make bench-service`: the service on both databases and its peers, one after the other in one run on the same cores; writes RESULTS.md.

    make bench-service                            all of it; some eight minutes on two idle cores, without the builds
    make bench-service BASE=COMMIT                SQLite's pairs against another commit than the one before issue 16
    make bench-service ARGS="--quick"             short and once: to try the script; writes RESULTS.md nowhere but in the target folder
    make bench-service ARGS="--only rank hold"    these parts: rank, hold (PostgreSQL against pgbench), base (SQLite against BASE)
    make bench-service HAVRE=/path/to/havre       that binary instead of a new release build; so too HAVRE_BASE

The peers: `bare/` parses the body of a ranking and sends a fixed answer of the same size; `peer_ordered.sql` is for pgbench a hold and
a decline under the same promise (one row orders all writers), on the same server; BASE is the service itself as it was.
Each figure is the median of three; what is compared runs in turns, and a ratio is the median of those of neighbours.

Databases are in TMPDIR, on whatever disk that is: others who write to it are measured too. On a tmpfs (TMPDIR=/dev/shm) commits cost
nothing, which is good for comparing two trees on a busy machine and not for the page; the page names the kind of file system.

It installs wrk and PostgreSQL by apt-get where it may, starts all servers itself on free ports in temporary folders, and stops them.
It fails where an answer is not what it should be, for then its speed says nothing; a target that is not met is said in the report and
is no failure. When the API moves, `RANK`, `REQUEST` and `Service` here and hold.lua move with it. Only the standard library here.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

sys.dont_write_bytecode = True
import report  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WORK = TARGET / "bench-service"
RESULTS = HERE.parent / "RESULTS.md"
BASE = "22bf89a"  # the commit before issue 16

PARTS = ("rank", "hold", "base", "instances")
UNITS, TOP, CLIENTS, CONNECTIONS = 10_000, 20, (1, 4, 16), (16, 1)
# How many instances share the load of the others in turn, and the load of all of them together.
INSTANCES, SHARED, COMMITS = (1, 2, 3), 12, 40
REQUESTS, VACANCIES = 16, 20
# Answers that are not as they should be, of a hundred: other than these, figures would be those of errors.
BROKEN_MAX, REFUSED_MAX = 0.2, 10.0

TODAY = datetime.date.today()
# The day as of which `havre seed --synthetic` tells everything. Its files are moved to yesterday: years from now no bed may be stale.
TOLD_AT = datetime.date(2026, 11, 23)
RANK = {
    "household": [{"gender": "female", "minority": "adult", "age": 24}],
    "stage": "emergency",
    "urgency": "immediate",
    "first_day": TODAY.isoformat(),
    "nights": 30,
    "place": {"lat": 48.85, "lon": 2.35, "department": "75"},
    "distance": {"wish": "stay_near", "max_km": 50},
    "danger_zones": [{"level": "forbidden", "department": "93"}],
    "wished": ["legal_support"],
    "wished_languages": ["en"],
}
REQUEST = {
    "household": RANK["household"],
    "stage": "emergency",
    "urgency": "immediate",
    "first_day": TODAY.isoformat(),
    "nights": 30,
    "place": RANK["place"],
    "distance": {"wish": "indifferent"},
    "accepts_removal": True,
    "information": {"state": "not_yet", "day": TODAY.isoformat(), "reason": "no_time"},
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--base", default=BASE, help="the commit that SQLite's pairs are compared with")
    arguments.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="only these parts")
    arguments.add_argument("--quick", action="store_true", help="one round of one second each: to try the script")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=5, help="so long for each measurement")
    arguments.add_argument("--out", type=Path, help=f"where the page goes, instead of {RESULTS.relative_to(ROOT)}")
    arguments = arguments.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 1, 1
    # A run that is ended stops its servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    WORK.mkdir(parents=True, exist_ok=True)
    install()
    bench = Bench(arguments)
    bench.build()
    bench.results["machine"] = machine()
    with contextlib.ExitStack() as stack:
        bench.run(stack)
    bench.results["machine"]["load_at_the_end"] = os.getloadavg()[0]
    (WORK / "results.json").write_text(json.dumps(bench.results, indent=1))
    page = report.page(bench.results)
    out = arguments.out or (WORK / "QUICK.md" if arguments.quick or set(arguments.only) != set(PARTS) else RESULTS)
    out.write_text(page)
    print(f"wrote {out}")
    if bench.results["failures"]:
        sys.exit("\n".join(bench.results["failures"]))


def say(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


# ---------------------------------------------------------------------------------------------------------------------
# Tools, binaries


def install():
    """Installs what is missing, or says what it is."""
    missing = [
        package for package, there in (("wrk", shutil.which("wrk")), ("postgresql", postgres_bin("pgbench"))) if not there
    ]
    if not missing:
        return
    apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"make bench-service needs: {' '.join(missing)}. Install it, such as by: sudo apt-get install {' '.join(missing)}")
    say(f"installs {' '.join(missing)}")
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    subprocess.run(apt, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL, check=True)


def postgres_bin(name):
    """A program of PostgreSQL, with those it belongs to beside it; none where it is not installed."""
    packaged = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]), reverse=True)
    for folder in (*os.environ.get("PATH", "").split(":"), *packaged):
        if all((Path(folder) / each).exists() for each in ("initdb", "postgres", name)):
            return Path(folder) / name
    return None


def cargo_build(folder, target, name):
    say(f"builds {name} in release")
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--bin", name],
        cwd=folder,
        env={**os.environ, "CARGO_TARGET_DIR": str(target)},
        check=True,
    )
    return target / "release" / name


def build_base(commit):
    """The service as it was at a commit. Its tree and its target folder stay where they are, for the next run."""
    full = git("rev-parse", "--verify", f"{commit}^{{commit}}")
    if not full:
        sys.exit(f"{commit} is no commit of this repository; a shallow clone may lack it: git fetch --unshallow")
    tree, target = WORK / "base" / "tree", WORK / "base" / "target"
    binary, built = target / "release" / "havre", WORK / "base" / "commit"
    if not (binary.exists() and built.exists() and built.read_text() == full):
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        # `-m`: with the times of the commit, cargo would take what it built of a newer one for fresh.
        archive = subprocess.run(["git", "-C", ROOT, "archive", full], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-m", "-C", tree], input=archive, check=True)
        cargo_build(tree, target, "havre")
        built.write_text(full)
    return binary


def output(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False).stdout.strip()


def git(*command):
    return output("git", "-C", ROOT, *command)


def machine():
    def first(path, key):
        return next((line.split(":", 1)[1].strip() for line in open(path, encoding="ascii") if line.startswith(key)), "unknown")

    return {
        "cpu": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "kernel": " ".join(os.uname()[i] for i in (0, 2, 4)),
        "rustc": output("rustc", "--version"),
        "postgres": output(postgres_bin("postgres"), "--version"),
        "wrk": output("wrk", "-v").partition(" [")[0],
        "commit": git("describe", "--always", "--dirty"),
        "load": os.getloadavg()[0],
    }


# ---------------------------------------------------------------------------------------------------------------------
# Servers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def spawn(stack, command, log, **more):
    """Starts a server that ends with this run."""
    with open(log, "ab") as out:
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL, **more)

    def stop():
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(stop)
    return process


def wait_until(what, ready, process, log, seconds=60):
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(f"{what} did not start:\n{Path(log).read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


class Postgres:
    """A server with the settings its package comes with, `fsync` and all: the same one for the service and for pgbench."""

    def __init__(self, stack, folder):
        self.port, data = free_port(), folder / "postgres"
        data.mkdir()
        own = self.owner(data)
        initdb = [*own, postgres_bin("initdb"), "-D", data / "data", "-A", "trust", "-U", "havre", "--locale=C", "-E", "UTF8"]
        subprocess.run([str(part) for part in initdb], cwd=data, check=True, stdout=subprocess.DEVNULL)
        options = ["-p", self.port, "-k", data, "-c", "listen_addresses=127.0.0.1"]
        server = spawn(stack, [*own, postgres_bin("postgres"), "-D", data / "data", *options], folder / "postgres.log", cwd=data)
        wait_until("PostgreSQL", lambda: self.sql("postgres", "-c", "select 1"), server, folder / "postgres.log")

    @staticmethod
    def owner(folder):
        """PostgreSQL refuses to run as root: then it runs as the user its package made, or as nobody."""
        if os.geteuid() != 0:
            return []
        known = subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0
        user = "postgres" if known else "nobody"
        shutil.chown(folder, user)
        return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]

    def url(self, database):
        return f"postgres://havre@127.0.0.1:{self.port}/{database}"

    def sql(self, database, *what):
        """Runs psql; whether all of it went well."""
        command = [str(part) for part in (postgres_bin("psql"), "-q", "-v", "ON_ERROR_STOP=1", self.url(database), *what)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def create(self, database, *what):
        """The URL of a new database, after `what` ran in it."""
        if not self.sql("postgres", "-c", f"create database {database}") or not self.sql(database, "-c", "select 1", *what):
            sys.exit(f"psql failed in making {database}")
        return self.url(database)


def lifted_quotas(folder, binary):
    """The setting of a policy in which one account may do all there is; none for a binary that knows no quotas."""
    text, wide, is_quota = (ROOT / "matcher/policy/default.toml").read_text(), [], False
    for line in text.splitlines():
        is_quota = line.startswith("[quotas") if line.startswith("[") else is_quota
        key = line.split(" = ")[0]
        wide.append(f"{key} = 100000000" if is_quota and key in ("account", "organisation") else line)
    policy = folder / "policy.toml"
    policy.write_text("\n".join(wide) + "\n")
    check = [str(binary), "policy", "check", str(policy)]
    knows_it = subprocess.run(check, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    return {"HAVRE_POLICY": str(policy)} if knows_it else {}


class Service:
    """One `havre serve` with the synthetic registry in its database, and who calls it."""

    def __init__(self, stack, folder, name, binary, database_url):
        self.name, self.port, log = name, free_port(), folder / f"{name}.log"
        environment = {variable: value for variable, value in os.environ.items() if not variable.startswith("HAVRE_")}
        # The limits of HTTP requests are lifted: one account is all the load there is.
        environment |= {
            "HAVRE_DATABASE_URL": database_url,
            "HAVRE_KEYS_URL": f"sqlite:{folder / name}.keys",
            "HAVRE_BIND": f"127.0.0.1:{self.port}",
            "HAVRE_RATE_LIMITS": "off",
        } | lifted_quotas(folder, binary)

        def havre(*command):
            command = [str(part) for part in (binary, *command)]
            with open(log, "ab") as errors:
                done = subprocess.run(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
            if done.returncode:
                sys.exit(f"{' '.join(command)} failed:\n{log.read_text(errors='replace')[-2000:]}")
            return done.stdout.strip()

        say(f"{name}: loads {UNITS:,} units")
        files = folder / f"{name}-registry"
        havre("seed", "--synthetic", UNITS, "--seed", 1, "--out", files)
        move_days(files)
        havre("migrate")
        havre("seed", "--from", files)
        self.token = havre("client", "add", "--organisation", "SIAO of the bench", "--role", "referent")
        self.command, self.environment, self.log, self.folder = [binary, "serve"], environment, log, folder
        self.process = spawn(stack, self.command, log, env=environment, cwd=folder)
        wait_until(name, lambda: is_ready(self.port), self.process, log)
        self.ports = [self.port]

    @contextlib.contextmanager
    def beside(self, others, **settings):
        """So many instances beside the first, on its database, as long as this lasts."""
        with contextlib.ExitStack() as stack:
            for _ in range(others):
                port = free_port()
                environment = self.environment | {"HAVRE_BIND": f"127.0.0.1:{port}"} | settings
                process = spawn(stack, self.command, self.log, env=environment, cwd=self.folder)
                wait_until(self.name, lambda port=port: is_ready(port), process, self.log)
                self.ports.append(port)
            try:
                yield
            finally:
                self.ports = [self.port]

    def url(self, path, instance=0):
        return f"http://127.0.0.1:{self.ports[instance]}/api/v1{path}"

    def follow(self, instance):
        """The lines of an answer that goes on."""
        request = urllib.request.Request(self.url("/events/stream", instance), headers={"Authorization": f"Bearer {self.token}"})
        return urllib.request.urlopen(request, timeout=60)

    def call(self, method, path, body=None, instance=0):
        """One request outside what is measured; again under the same key where the answer says that nothing was done."""
        request = urllib.request.Request(self.url(path, instance), method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if method != "GET":
            request.add_header("Idempotency-Key", str(uuid.uuid4()))
        for last in (False, False, False, False, True):
            try:
                return urllib.request.urlopen(request, timeout=30).read()
            except urllib.error.HTTPError as error:
                if error.code != 503 or last:
                    sys.exit(f"{self.name}: {path}: {error.code} {error.read().decode(errors='replace')[:1000]}")
                time.sleep(2)

    def is_of_old(self):
        """Whether it is a service from before `information`: BASE may be."""
        return b'"legal_basis"' in self.call("GET", "/openapi.json")

    def make_request(self, instance=0):
        body = dict(REQUEST)
        if self.is_of_old():
            del body["information"]
            body["legal_basis"] = {"vital_urgency": {"day": TODAY.isoformat(), "reason": "immediate_danger"}}
        return json.loads(self.call("POST", "/requests", body, instance))["id"]

    def close_request(self, request):
        """Closes it, which takes back what it has asked for and frees the beds it holds."""
        self.call("POST", f"/requests/{request}/close", None if self.is_of_old() else {"reason": "other"})

    def choose_vacancies(self):
        """The vacancies with most beds that suit the requests."""
        probe = self.make_request()
        ranking = json.loads(self.call("POST", f"/requests/{probe}/rank?top=100"))
        self.close_request(probe)
        eligible = [proposal["vacancy_id"] for proposal in ranking["proposals"] if proposal["tier"] == "eligible"]
        if len(eligible) < VACANCIES:
            sys.exit(f"{self.name}: only {len(eligible)} vacancies suit the requests; the bench wants {VACANCIES}")
        beds = {vacancy: json.loads(self.call("GET", f"/vacancies/{vacancy}"))["beds"] for vacancy in eligible}
        self.vacancies = sorted(eligible, key=lambda vacancy: -beds[vacancy])[:VACANCIES]
        say(f"{self.name}: {VACANCIES} vacancies of {beds[self.vacancies[-1]]} to {beds[self.vacancies[0]]} beds")

    def cpu_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self):
        """Waits until nothing is done in the background, such as mails of the holds before."""
        for _ in range(120):
            before = self.cpu_s()
            time.sleep(0.5)
            if self.cpu_s() - before < 0.02:
                return
        say(f"{self.name}: does not come to rest")

    def memory_mb(self):
        """What is resident, in millions of bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024 / 1e6


def is_ready(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/readiness", timeout=5).status == 200
    except OSError:
        return False


def move_days(folder):
    days = TODAY - datetime.timedelta(days=1) - TOLD_AT

    def moved(found):
        return '"' + (datetime.date.fromisoformat(found[1]) + days).isoformat()

    for file in folder.glob("*.jsonl"):
        file.write_text(re.sub(r'"(\d{4}-\d\d-\d\d)(?=["T])', moved, file.read_text()))


# ---------------------------------------------------------------------------------------------------------------------
# Measurements


class Bench:
    def __init__(self, arguments):
        self.only, self.rounds, self.seconds = arguments.only, arguments.rounds, arguments.seconds
        self.base = arguments.base
        self.results = {
            "units": UNITS, "rounds": arguments.rounds, "seconds": arguments.seconds, "base": arguments.base,
            "rank": {}, "hold": {}, "base_pairs": {}, "instances": {}, "live_ms": {}, "memory_mb": {}, "failures": [],
        }  # fmt: skip

    def build(self):
        given = os.environ.get("HAVRE")
        self.havre = Path(given).resolve() if given else cargo_build(ROOT, TARGET, "havre")
        self.results["havre"] = "a binary given by HAVRE" if given else "havre, built in release"
        if "rank" in self.only:
            self.bare = cargo_build(HERE / "bare", WORK / "bare", "bare")
        if "base" in self.only:
            given = os.environ.get("HAVRE_BASE")
            self.havre_base = Path(given).resolve() if given else build_base(self.base)

    def run(self, stack):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="havre-bench-")))
        folder.chmod(0o755)
        self.results["filesystem"] = output("stat", "-f", "-c", "%T", folder)
        (self.folder, self.stack) = folder, stack
        sqlite = self.service("SQLite", self.havre, f"sqlite:{folder}/new.sqlite")
        if "rank" in self.only:
            self.rank(sqlite)
        if "base" in self.only:
            self.against_base(sqlite, self.service("base", self.havre_base, f"sqlite:{folder}/base.sqlite"))
        self.memory(sqlite)
        if {"rank", "hold", "instances"} & set(self.only):
            postgres = Postgres(stack, folder)
            service = self.service("PostgreSQL", self.havre, postgres.create("havre"))
            # As autovacuum would within a minute: else it comes at a moment of its own, in the middle of some measurement.
            postgres.sql("havre", "-c", "vacuum analyze")
            if "rank" in self.only:
                self.rank(service)
            if "hold" in self.only:
                self.against_pgbench(service, postgres)
            if "instances" in self.only:
                self.instances(service)
            self.memory(service)

    def service(self, name, binary, url):
        return Service(self.stack, self.folder, name, binary, url)

    def memory(self, service):
        self.results["memory_mb"][service.name] = service.memory_mb()
        say(f"{service.name}: {service.memory_mb():.1f} MB resident")

    def in_turns(self, *runs):
        """Each of the runs once a round; gives a list of figures for each."""
        return list(zip(*([run() for run in runs] for _ in range(self.rounds)), strict=True))

    def fail(self, why):
        say(f"FAILED: {why}")
        self.results["failures"].append(why)

    # Rankings

    def rank(self, service):
        answer = service.call("POST", f"/rank?top={TOP}", RANK)
        ranking = json.loads(answer)
        if len(ranking["proposals"]) != TOP or not ranking["relaxations"] or not ranking["failed"] or ranking["evaluated"] != UNITS:
            sys.exit(f"{service.name}: not the ranking that is to be measured: {answer.decode()[:1000]}")
        file = self.folder / f"{service.name}-answer.json"
        file.write_bytes(answer)
        say(f"{service.name}: a ranking of {len(answer):,} bytes, {len(ranking['relaxations'])} relaxations")
        with contextlib.ExitStack() as here:
            port, log = free_port(), self.folder / "bare.log"
            peer = spawn(here, [self.bare, port, os.cpu_count(), file], log)
            wait_until("the bare peer", lambda: listens(port), peer, log)
            found = {"answer_bytes": len(answer), "relaxations": len(ranking["relaxations"])}
            for connections in CONNECTIONS:
                service.settle()
                ours, theirs = self.in_turns(
                    lambda count=connections: self.post(service.name, service.url(f"/rank?top={TOP}"), service.token, count, len(answer)),
                    lambda count=connections: self.post("bare", f"http://127.0.0.1:{port}/fixed", "none", count, len(answer)),
                )
                found[str(connections)] = {"service": ours, "peer": theirs}
            self.results["rank"][service.name] = found

    def post(self, who, url, token, connections, size):
        found = self.wrk("rank.lua", url, connections, 1, TOKEN=token, BODY=json.dumps(RANK))
        say(f"rank, {connections} connections, {who}: {found['per_s']:,.0f} a second, p50 {found['p50_us']} µs")
        if found["bad"] > found["requests"] * BROKEN_MAX / 100 or abs(found["bytes_each"] - size) > size * 0.1:
            self.fail(f"rank, {who}: {found['bad']} of {found['requests']} answers are bad, {found['bytes_each']} bytes each")
        return found

    def wrk(self, script, url, connections, threads, **environment):
        return self.wrk_each(script, [(url, connections, threads, environment)])[0]

    def wrk_each(self, script, loads):
        """Some at once, each on a URL with so many connections and threads; what each found."""
        running = []
        for url, connections, threads, environment in loads:
            command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{self.seconds}s", "--timeout", "10s", "-s", str(HERE / script), url]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            running.append((command, subprocess.Popen(command, env={**os.environ, **environment}, **pipes)))
        found = []
        for command, process in running:
            out, errors = process.communicate()
            lines = [line for line in out.splitlines() if line.startswith("{")]
            if not lines:
                sys.exit(f"{' '.join(command)} failed: {out[-1000:]} {errors[-1000:]}")
            found.append({**json.loads(lines[-1]), "said": [line for line in out.splitlines() if line.startswith("such as")][:2]})
        return found

    # Instances

    def instances(self, service):
        """The same load on one instance, and shared by two and by three; and how long a commit is on its way to who follows on another."""
        service.choose_vacancies()
        found = {str(count): {"rankings": [], "pairs": []} for count in INSTANCES}
        for _ in range(self.rounds):
            for count in INSTANCES:
                with service.beside(count - 1):
                    found[str(count)]["rankings"].append(self.shared_rankings(service, count))
                    found[str(count)]["pairs"].append(self.shared_pairs(service, count))
        self.results["instances"] = found
        with contextlib.ExitStack() as stack:
            settings = {"with Redis": self.redis(stack), "without": {}}
            for name, setting in settings.items():
                # The first instance goes by itself: what it commits is announced by nobody, unless both know a Redis.
                with service.beside(2, **setting):
                    self.results["live_ms"][name] = self.live(service, writer=1, reader=2)

    def redis(self, stack):
        if not shutil.which("redis-server"):
            sys.exit("make bench-service needs redis-server. Install it, such as by: sudo apt-get install redis-server")
        port, log = free_port(), self.folder / "redis.log"
        server = spawn(stack, ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""], log, cwd=self.folder)
        wait_until("Redis", lambda: listens(port), server, log)
        return {"HAVRE_REDIS_URL": f"redis://127.0.0.1:{port}"}

    def shared_rankings(self, service, count):
        service.settle()
        environment = {"TOKEN": service.token, "BODY": json.dumps(RANK)}
        loads = [(service.url(f"/rank?top={TOP}", number), SHARED // count, 1, environment) for number in range(count)]
        found = self.wrk_each("rank.lua", loads)
        say(f"rankings, {count} instances: {sum(of['per_s'] for of in found):,.0f} a second")
        if any(of["bad"] for of in found):
            self.fail(f"rankings, {count} instances: {sum(of['bad'] for of in found)} answers are bad")
        return {"per_s": sum(of["per_s"] for of in found), "p99_us": max(of["p99_us"] for of in found)}

    def shared_pairs(self, service, count):
        requests = [service.make_request() for _ in range(SHARED)]
        service.settle()
        loads = []
        for number in range(count):
            environment = {"TOKEN": service.token, "VACANCIES": " ".join(service.vacancies), "SALT": uuid.uuid4().hex}
            environment["REQUESTS"] = " ".join(requests[number::count])
            loads.append((service.url("", number).removesuffix("/api/v1"), SHARED // count, SHARED // count, environment))
        found = self.wrk_each("hold.lua", loads)
        for request in requests:
            service.close_request(request)
        say(f"hold and decline, {count} instances: {sum(of['per_s'] for of in found):,.1f} pairs a second")
        if any(of["broken"] for of in found):
            self.fail(f"hold and decline, {count} instances: {[of['said'] for of in found]}")
        return {"per_s": sum(of["per_s"] for of in found), "p99_us": max(of["p99_us"] for of in found)}

    def live(self, service, writer, reader):
        """Milliseconds from the answer of a command to who follows on another instance, for each of some."""
        came, follower = {}, service.follow(reader)

        def read():
            for line in follower:
                if line.startswith(b"data: "):
                    came.setdefault(json.loads(line[6:])["record_id"], time.monotonic())

        threading.Thread(target=read, daemon=True).start()
        took = []
        for number in range(COMMITS):
            # At another moment between two looks each time.
            time.sleep(0.05 + 0.31 * (number % 7))
            request = service.make_request(writer)
            answered, end = time.monotonic(), time.monotonic() + 30
            while request not in came and time.monotonic() < end:
                time.sleep(0.001)
            if request not in came:
                self.fail("who follows missed an event")
                break
            took.append(max(came[request] - answered, 0) * 1e3)
            service.close_request(request)
        say(f"live updates: p50 {sorted(took)[len(took) // 2]:.0f} ms, worst {max(took):.0f} ms")
        return took

    # Holds and declines

    def pairs(self, service, clients):
        requests = [service.make_request() for _ in range(REQUESTS)]
        service.settle()
        environment = {
            "TOKEN": service.token,
            "REQUESTS": " ".join(requests),
            "VACANCIES": " ".join(service.vacancies),
            "SALT": uuid.uuid4().hex,
        }
        found = self.wrk("hold.lua", service.url(""), clients, clients, **environment)
        # The end of a run leaves holds that nobody declines: a request may have but two, and the beds are wanted.
        for request in requests:
            service.close_request(request)
        text = f"{found['per_s']:.1f} pairs a second, p50 {found['p50_us'] / 1e3:.2f} ms, p99 {found['p99_us'] / 1e3:.1f} ms"
        say(f"hold and decline, {clients} clients, {service.name}: {text}, {found['refused']} refused")
        commands = max(2 * found["pairs"] + found["refused"] + found["broken"], 1)
        if not found["pairs"] or found["broken"] > commands * BROKEN_MAX / 100 or found["refused"] > commands * REFUSED_MAX / 100:
            of = f"{found['broken']} broken and {found['refused']} refused of {commands} commands"
            self.fail(f"hold and decline, {service.name}, {clients} clients: {of}; {'; '.join(found['said'])}")
        return found

    def against_base(self, service, base):
        service.choose_vacancies()
        base.choose_vacancies()
        for clients in CLIENTS:
            ours, theirs = self.in_turns(
                lambda count=clients: self.pairs(service, count),
                lambda count=clients: self.pairs(base, count),
            )
            self.results["base_pairs"][str(clients)] = {"service": ours, "peer": theirs}

    def against_pgbench(self, service, postgres):
        service.choose_vacancies()
        url = postgres.create("peer", "-f", HERE / "peer.sql")
        for clients in CLIENTS:
            ours, theirs = self.in_turns(
                lambda count=clients: self.pairs(service, count),
                lambda count=clients: self.pgbench(service, url, count),
            )
            self.results["hold"][str(clients)] = {"service": ours, "peer": theirs}

    def pgbench(self, service, url, clients):
        service.settle()
        command = [postgres_bin("pgbench"), "-n", "-M", "prepared", "-f", HERE / "peer_ordered.sql", "-c", clients]
        command += ["-j", min(clients, os.cpu_count()), "-T", self.seconds, url]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        speed, failed = re.search(r"tps = ([\d.]+)", done.stdout), re.search(r"failed transactions: (\d+)", done.stdout)
        if done.returncode or not speed or (failed and int(failed[1])):
            sys.exit(f"pgbench failed: {done.stdout[-1000:]} {done.stderr[-1000:]}")
        say(f"hold and decline, {clients} clients, pgbench: {float(speed[1]):.1f} pairs a second")
        return {"per_s": float(speed[1])}


if __name__ == "__main__":
    main()
