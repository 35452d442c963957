#!/usr/bin/env python3
"""`make bench`: this engine and its peers, one after the other in one run, on the same questions; writes RESULTS.md and rank.svg beside it.

    make bench                             1000, 10000, 100000 and 1000000 units; some twenty minutes on two idle cores, without the build
    make bench SIZES="1000 10000"          those only
    make bench HAVRE=/path/to/havre        that binary instead of a new release build

It installs the peers (a virtual environment in target/bench; PostgreSQL and PostGIS by apt-get where it may) and names those it cannot.
Data come from `havre seed --synthetic` with a fixed seed, and are kept in target/bench/data. To them are added, by fixed steps, what
the generator leaves out: units that house someone, requests kept apart from others, units and structures refused before.

The steps: `havre match --timings` and rank_peers.py for each size; the examples plan_edges (with plan_peers.py) and update_timings.
It fails where answers disagree; a target that is not met is said in the report and is no failure. Only the standard library here.
"""

from __future__ import annotations

import argparse
import glob
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "bench"
PYTHON = WORK / "venv" / "bin" / "python"
PACKAGES = ("numpy", "h3", "psycopg[binary]", "apsw", "duckdb", "scipy", "ortools", "highspy")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PLANS = ((200, 1_000), (1_000, 1_000), (5_000, 1_000), (200, 10_000), (1_000, 10_000), (5_000, 10_000))
RANK_REQUESTS, PLAN_REQUESTS = 200, 8_000
# Households of several people are given this long, by requests and units; elsewhere ten seconds.
MIXED_SECONDS = {(200, 1_000): 2, (1_000, 1_000): 2, (200, 10_000): 2}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    arguments.add_argument("--seconds", type=float, default=40.0, help="about so long for each peer and question of the ranking")
    arguments.add_argument("--mip", type=float, default=60.0, help="seconds for HiGHS, for each plan")
    arguments = arguments.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    missing = install()
    havre = os.environ.get("HAVRE") or build()
    failures = []
    results = {
        "machine": machine(),
        "havre": "a release binary given by HAVRE," if os.environ.get("HAVRE") else "havre, built in release",
        "rank": [rank(havre, size, arguments.seconds, failures) for size in arguments.sizes],
        "update": update(havre, [size for size in arguments.sizes if size <= 100_000]),
        "plan": plans(havre, arguments.sizes, arguments.mip, failures),
        "missing": missing,
        "failures": failures,
    }
    results["machine"]["load_at_the_end"] = os.getloadavg()[0]
    (WORK / "results.json").write_text(json.dumps(results, indent=1))
    (HERE / "RESULTS.md").write_text(report.page(results))
    (HERE / "rank.svg").write_text(report.chart(results["rank"]))
    print(f"wrote {HERE / 'RESULTS.md'}")
    if failures:
        sys.exit("\n".join(failures))


# ---------------------------------------------------------------------------------------------------------------------
# Peers, binary, data


def install():
    """Installs the peers; gives those that could not be, each with the reason."""
    missing = {}
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "venv"], check=True)
    for package in PACKAGES:
        done = subprocess.run(
            [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", package], capture_output=True, text=True
        )
        if done.returncode:
            missing[package] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    if not glob.glob("/usr/share/postgresql/*/extension/postgis.control"):
        if os.geteuid() == 0 and shutil.which("apt-get"):
            apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql", "postgresql-postgis"]
            subprocess.run(["apt-get", "update", "-qq"], check=False)
            if subprocess.run(apt, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=subprocess.DEVNULL).returncode:
                missing["postgis"] = "apt-get install postgresql-postgis failed"
        else:
            missing["postgis"] = "not installed; such as by: sudo apt-get install postgresql postgresql-postgis"
    for package, why in missing.items():
        print(f"cannot install {package}: {why}")
    return missing


def build():
    subprocess.run(["cargo", "build", "--release", "--bin", "havre"], cwd=ROOT, check=True)
    return target() / "release" / "havre"


def target():
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def example(name):
    """The path of an example of the matcher; none where there is none yet."""
    done = subprocess.run(
        ["cargo", "build", "--release", "--quiet", "-p", "matcher", "--example", name], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        print(f"no example {name}: {(done.stderr.strip().splitlines() or ['cargo failed'])[0]}")
        return None
    return target() / "release" / "examples" / name


def output(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False).stdout


def machine():
    def first(path, key):
        return next((line.split(":", 1)[1].strip() for line in open(path, encoding="ascii") if line.startswith(key)), "unknown")

    return {
        "cpu": first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "kernel": " ".join(os.uname()[i] for i in (0, 2, 4)),
        "python": sys.version.split()[0],
        "rustc": output("rustc", "--version").strip(),
        "commit": output("git", "-C", ROOT, "describe", "--always", "--dirty").strip(),
        "load": os.getloadavg()[0],
    }


def data(havre, size):
    """The folder of units.jsonl, requests.jsonl (of the ranking) and plan.jsonl, made when it is not there."""
    folder = WORK / "data" / str(size)
    if not (folder / "done").exists():
        raw = folder / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        run = [havre, "seed", "--synthetic", str(size), "--requests", str(PLAN_REQUESTS), "--seed", "1", "--out", raw]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        season(raw, folder)
        shutil.rmtree(raw)
        (folder / "done").touch()
    return folder


def season(raw, folder):
    """Adds what no synthetic registry has: who is housed where, who is kept apart from whom, what was refused before."""
    requests = [json.loads(line) for line in open(raw / "requests.jsonl", encoding="utf-8")]
    with open(raw / "units.jsonl", encoding="utf-8") as units, open(folder / "units.jsonl", "w", encoding="utf-8") as out:
        first = list(itertools.islice(units, 20_000))
        near = {}
        for number, line in enumerate(first):
            if '"vacancies":[]' not in line:
                near.setdefault(json.loads(line)["department"], []).append(number)
        for number, (request, following) in enumerate(itertools.pairwise(requests)):
            # Near the place, where what is ruled out would else be proposed.
            found = near.get(request["place"]["department"], [])
            if number % 8 == 0:
                request["keep_apart"] = [following["id"]]
                for at in found[: 20 if number < RANK_REQUESTS else 0]:
                    first[at] = first[at].replace('"houses":[', f'"houses":["{following["id"]}",').replace(",]", "]")
            if number % 5 == 0:
                request["refused_units"] = [json.loads(first[at])["id"] for at in found[20:30]]
                request["refused_structures"] = [json.loads(first[at])["structure_id"] for at in found[30:35]]
        out.writelines(itertools.chain(first, units))
    for name, count in (("requests.jsonl", RANK_REQUESTS), ("plan.jsonl", PLAN_REQUESTS)):
        (folder / name).write_text("".join(json.dumps(request) + "\n" for request in requests[:count]))


# ---------------------------------------------------------------------------------------------------------------------
# Measurements


def rank(havre, size, seconds, failures):
    folder = data(havre, size)
    command = [havre, "match", "--units", folder / "units.jsonl", "--requests", folder / "requests.jsonl", "--top", "20"]
    timed = "--timings" in output(havre, "match", "--help")
    with open(folder / "answers.jsonl", "w", encoding="utf-8") as answers:
        done = subprocess.run(command + ["--timings"] * timed, stdout=answers, stderr=subprocess.PIPE, text=True, check=True)
    engine = json.loads(done.stderr.strip().splitlines()[-1]) if timed else None
    print(f"== {size} units; engine: {engine or 'timings missing: this binary has no --timings'}", flush=True)
    files = [folder / name for name in ("units.jsonl", "requests.jsonl", "answers.jsonl")]
    written = folder / "rank.json"
    written.unlink(missing_ok=True)
    done = subprocess.run([PYTHON, HERE / "rank_peers.py", *files, "--seconds", str(seconds), "--json", written], check=False)
    if done.returncode:
        failures.append(f"rank at {size} units: the answers disagree, or a peer failed")
    found = json.loads(written.read_text()) if written.exists() else {"units": size, "peers": {}}
    return {**found, "engine": engine}


def update(havre, sizes):
    """One vacancy changed in a snapshot, against building it anew."""
    binary = example("update_timings") if sizes else None
    if not binary:
        return None
    return json.loads(output(binary, data(havre, max(sizes)) / "units.jsonl").strip().splitlines()[-1])


def plans(havre, sizes, mip_seconds, failures):
    binary = example("plan_edges")
    results = []
    for which in ("ones", "all") if binary else ():
        for count, size in PLANS:
            if size not in sizes:
                continue
            folder = data(havre, size)
            edges, written = folder / f"{which}-{count}.txt", folder / f"{which}-{count}.json"
            seconds = 60 if which == "ones" else MIXED_SECONDS.get((count, size), 10)
            # A solver that is told to stop takes a moment to: it is told a little before its time is up.
            run = [binary, folder / "units.jsonl", folder / "plan.jsonl", str(count), which, str(seconds * 0.97), edges]
            subprocess.run(run, check=True, stderr=subprocess.DEVNULL)
            subprocess.run([PYTHON, HERE / "plan_peers.py", edges, "--mip", str(mip_seconds), "--json", written], check=True)
            result = {"which": which, "requests": count, "units": size, "seconds": seconds, **json.loads(written.read_text())[0]}
            failures += [
                f"plan {which} {count}×{size}: {name} disagrees" for name, peer in result["peers"].items() if peer.get("agrees") is False
            ]
            results.append(result)
    return results


if __name__ == "__main__":
    main()
