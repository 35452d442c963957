#!/usr/bin/env python3
"""The ranking against its peers: the same question with the same semantics; do the answers agree, and how long does each take?

    rank_peers.py UNITS.jsonl REQUESTS.jsonl ANSWERS.jsonl [--peers NAME …] [--seconds S] [--json OUT.json]

ANSWERS is what `havre match --top 20` writes. The question: every rule of design §3.2, eligible units and those to verify, the score of
§3.3 with the best fitting vacancy of each unit, the best 20. What the peers leave out is what SQL has no cheap way to: counts of rules,
relaxations and reasons. Unit, vacancy, tier and order must be equal and the score within 1e-9 for each request; else the run fails.

How each is tuned (more in the code, with its reason):
- All: parsing, H3 cells, codes and the text of queries are worked out before the clock starts. One row is a vacancy; units without one are
  not even there. Yes and no are bits of one integer, ids are integers in the order of answers, distances are compared as squared chords
  between stored unit vectors. To verify is asked for only where fewer than 20 units are eligible. Warm, one thread, one core.
- PostgreSQL with PostGIS: all of it in shared buffers, no JIT, no parallel workers; a prepared statement for each request, its plan cached;
  for each stage and each sort of person a partial covering btree (read alone, without the table) and a partial GiST for what has a limit of
  distance; the table clustered by place; results in binary over a Unix socket by libpq.
- SQLite: in memory, the newest release (apsw); for each stage and sort of person a partial covering index, an R*Tree joined first for what
  has a limit of distance; statements cached.
- DuckDB: in memory, prepared statements. It is made for scans of millions, not for microseconds.
- numpy: columns, one mask over all rows, then survivors only.
"""

from __future__ import annotations

import argparse
import atexit
import json
import math
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from question import BITS, COLUMNS, EARTH_RADIUS_KM, POLICY, Rows, ask, chord2

TOP = 20
STAGES = [flag for name, flag in BITS.items() if name.startswith("stage:")]
PEOPLE = [flag for name, flag in BITS.items() if name.startswith(("adult:", "lone_minor:"))]
INTERPRETING = BITS["offer:interpreting"]


# ---------------------------------------------------------------------------------------------------------------------
# The question in SQL, for three dialects


class Sql:
    """Conditions and score of a request, in a dialect: the names of two functions, what a double is, where the rows of a box are."""

    least, greatest = "LEAST", "GREATEST"

    def __init__(self, rows):
        self.reach_max = float(rows.columns["reach_km"].max())
        self.limit = TOP * rows.vacancies_max

    @staticmethod
    def real(number):
        """A literal that is a double, where 0.5 alone would be an exact, slow decimal."""
        return f"{float(number)!r}" if "e" in repr(float(number)) else f"{float(number)!r}e0"

    @staticmethod
    def source(box):
        """Where the rows are, and the condition that they lie in the box."""
        return "vacancies", ["lon >= {} AND lat >= {} AND lon <= {} AND lat <= {}".format(*box)] if box else []

    def statements(self, ask):
        """Eligible units, and those to verify where there may be any."""
        hard, soft, clear = self.hard(ask), self.soft(ask), [self.clear(ask, zone) for zone in ask.forbidden if zone.centre]
        flags = ask.hard_flags | ask.soft_flags
        eligible = [*indexed(flags), f"(flags & {flags}) = {flags}", *hard, *soft, *clear]
        found = [self.select(ask, eligible)]
        soft = [f"(flags & {ask.soft_flags}) = {ask.soft_flags}", *soft]
        hard = [
            f"(flags & {ask.hard_flags}) = {ask.hard_flags}",
            *hard,
            *(self.uncertain(ask, zone) for zone in ask.forbidden if zone.centre),
        ]
        if ask.calls:
            found.append(self.select(ask, [*hard, f"NOT ({' AND '.join([*soft, *clear])})"]))
        elif clear:
            found.append(self.select(ask, [*indexed(flags), *hard, *soft, f"NOT ({' AND '.join(clear)})"]))
        return found

    def select(self, ask, conditions):
        # A unit has at most `vacancies_max` rows and its best comes first, so that this many rows hold the best 20 units.
        far = f"CASE WHEN {self.chord2(ask.place)} > {self.real(chord2(ask.far_km))} THEN 1 ELSE 0 END, " if ask.far_km else ""
        score = f"round({self.real(1e9)} * ({self.score(ask)})) AS billionths"
        source, inside = self.source(bounding_box(ask))
        return f"SELECT vno, {score} FROM {source} WHERE {' AND '.join(inside + conditions)} ORDER BY {far}billionths DESC, vno LIMIT {self.limit}"

    def hard(self, ask):
        """What no call settles, but for flags and circles of danger; what leaves out most comes first."""
        found = [f"admission_days <= {ask.last_day - ask.at_day}", f"from_day <= {ask.last_day}", f"beds >= {ask.people}"]
        if ask.max_km is not None:
            found.append(f"{self.chord2(ask.place)} <= {self.real(chord2(ask.max_km))}")
        if ask.min_km is not None:
            found.append(f"{self.chord2(ask.place)} >= {self.real(chord2(ask.min_km))}")
        found += [f"{column} {comparison} {age}" for column, comparison, age in ask.bounds]
        if ask.any_setting:
            found.append(f"(flags & {ask.any_setting}) <> 0")
        if ask.land is not None:
            found.append(f"land = {ask.land}")
        found += [f"department <> {zone.department}" for zone in ask.forbidden if not zone.centre]
        found.append(f"until_day >= {self.start(ask)} + {ask.needed}")
        for column, numbers in (("unit", ask.apart + ask.refused_units), ("structure", ask.refused_structures)):
            if numbers:
                found.append(f"{column} NOT IN ({', '.join(map(str, numbers))})")
        return found

    def soft(self, ask):
        """What a call may settle, but for flags and circles of danger."""
        found = [f"max_household >= {ask.people}"]
        if ask.required_languages:
            found.append(f"((languages & {ask.required_languages}) = {ask.required_languages} OR (flags & {INTERPRETING}) <> 0)")
        return found

    def clear(self, ask, zone):
        """Certainly not in the circle; far from it, the square of the chord is enough to tell."""
        away = f"{self.chord2(zone.centre)} > {self.real(chord2(zone.radius_km + self.reach_max))}"
        return f"({away} OR {self.km(zone.centre)} > {self.real(zone.radius_km)} + reach_km)"

    def uncertain(self, ask, zone):
        """Not certainly in the circle."""
        away = f"{self.chord2(zone.centre)} > {self.real(chord2(zone.radius_km))}"
        return f"({away} OR {self.km(zone.centre)} + reach_km > {self.real(zone.radius_km)})"

    def score(self, ask):
        weights, constant = ask.weights, 0.0
        terms = [f"{self.real(weights['distance'])} * {self.distance(ask)}"]
        terms += [f"{self.real(weights[name])} * {name}" for name in ("specialisation", "conditions")]
        for name, column, wished in (("offers", "flags", ask.wished_offers), ("languages", "languages", ask.wished_languages)):
            if name in weights:
                terms.append(f"{self.real(weights[name] / len(wished))} * {count_of(column, wished)}")
        if ask.tolerance:
            constant += weights["readiness"]
            terms.append(f"{self.real(-weights['readiness'] / ask.tolerance)} * ({self.start(ask)} - {ask.asked_day})")
        else:
            constant += weights["readiness"]
        if "cover" in weights:
            terms.append(
                f"{self.real(weights['cover'])} * {self.least}({self.real(1)}, {self.real(1 / ask.nights)} * (until_day - {self.start(ask)}))"
            )
        terms.append(f"{self.real(weights['freshness'])} * {self.freshness(ask)}")
        if "avoidance" in weights:
            terms.append(
                f"CASE WHEN {' OR '.join(self.within(zone) for zone in ask.avoid)} THEN {self.real(0)} ELSE {self.real(weights['avoidance'])} END"
            )
        constant += weights["fit"]
        if ask.spared:
            terms.append(f"{self.real(-weights['fit'] / 3)} * {count_of('flags', ask.spared)}")
        for part in ask.continuity if "continuity" in weights else []:
            terms.append(
                f"CASE WHEN (flags & {part}) = {part} THEN {self.real(weights['continuity'] / len(ask.continuity))} ELSE {self.real(0)} END"
            )
        return " + ".join([self.real(constant), *terms])

    def distance(self, ask):
        constants = POLICY["distance"]
        half = constants[f"{ask.wish}_half_km"]
        halves = f"{self.real(2 * EARTH_RADIUS_KM / half)} * asin({self.real(0.5)} * sqrt({self.chord2(ask.place)}))"
        if ask.wish == "move_away":
            enough = self.real(constants["move_away_enough_km"] / half)
            return f"(1 - 1 / (1 + power({self.least}({halves}, {enough}), 2)))"
        return f"(1 / (1 + power({halves}, 2)))"

    def freshness(self, ask):
        constants = POLICY["freshness"]
        fresh_s = ask.at_s - constants["fresh_hours"] * 3600
        fading = math.log(2) / (constants["half_life_hours"] * 3600)
        return f"CASE WHEN confirmed_s >= {self.real(fresh_s)} THEN {self.real(1)} ELSE exp({self.real(fading)} * (confirmed_s - {self.real(fresh_s)})) END"

    def within(self, zone):
        """May be in the zone."""
        return f"NOT {self.clear(None, zone)}" if zone.centre else f"department = {zone.department}"

    def start(self, ask):
        return f"{self.greatest}({ask.asked_day}, from_day, {ask.at_day} + admission_days)"

    def chord2(self, at):
        return "(" + " + ".join(f"({axis} - {self.real(value)}) * ({axis} - {self.real(value)})" for axis, value in zip("xyz", at)) + ")"

    def km(self, at):
        return f"{self.real(2 * EARTH_RADIUS_KM)} * asin({self.real(0.5)} * sqrt({self.chord2(at)}))"


def indexed(flags):
    """The stage and the first of the people, said on their own so that the index of both applies."""
    first = [next((flag for flag in kind if flag & flags), None) for kind in (STAGES, PEOPLE)]
    return [f"(flags & {flag}) <> 0" for flag in first if flag]


def indexes(statement):
    """An index for each stage and each sort of person, by a statement with their places left open."""
    return [
        statement.format(name=f"for_{stage}_{people}", condition=f"WHERE {' AND '.join(indexed(stage | people))}")
        for stage in STAGES
        for people in PEOPLE
    ]


def count_of(column, flags):
    """How many of the flags are there."""
    return "(" + " + ".join(f"(({column} >> {flag.bit_length() - 1}) & 1)" for flag in flags) + ")"


def bounding_box(ask):
    """West, south, east and north of all within `max_km`, in degrees; none without one, or across a pole or the 180th meridian."""
    if ask.max_km is None:
        return None
    reach = ask.max_km / EARTH_RADIUS_KM + 1e-6
    lat, lon = math.radians(ask.lat), math.radians(ask.lon)
    if abs(lat) + reach >= math.pi / 2:
        return None
    width = math.asin(math.sin(reach) / math.cos(lat))
    if abs(lon) + width >= math.pi:
        return None
    return tuple(map(math.degrees, (lon - width, lat - reach, lon + width, lat + reach)))


class Statements:
    """What the three databases have in common: eligible units first, then, where they are too few, those to verify."""

    def prepare(self, asks):
        for number, one in enumerate(asks):
            self.prepared.append([self.prepare_one(f"q{number}_{tier}", text) for tier, text in enumerate(self.sql.statements(one))])

    def answer(self, number):
        found = []
        for tier, statement in enumerate(self.prepared[number]):
            take(found, self.unit_of, tier, self.run(statement))
            if len(found) == TOP:
                break
        return found


def take(found, unit_of, tier, rows):
    """Adds to what was found the rows of units that are not there yet, up to 20."""
    seen = {unit_of[vno] for vno, _, _ in found}
    for vno, billionths in rows:
        if len(found) == TOP:
            return
        if (unit := unit_of[vno]) not in seen:
            seen.add(unit)
            found.append((vno, tier, billionths))


def table(types):
    return (
        "CREATE TABLE vacancies (vno integer PRIMARY KEY, " + ", ".join(f"{name} {types[COLUMNS[name]]} NOT NULL" for name in COLUMNS) + ")"
    )


# ---------------------------------------------------------------------------------------------------------------------
# Peers


class PostgresSql(Sql):
    @staticmethod
    def real(number):
        return f"'{float(number)!r}'::float8"

    @staticmethod
    def source(box):
        return "vacancies", [f"at && ST_MakeEnvelope({', '.join(map(repr, box))}, 4326)"] if box else []


class Postgres(Statements):
    name = "PostgreSQL + PostGIS"
    SETTINGS = (
        "shared_buffers=2GB work_mem=256MB maintenance_work_mem=1GB effective_cache_size=8GB jit=off max_parallel_workers_per_gather=0 "
        "random_page_cost=1.0 seq_page_cost=1.0 cpu_tuple_cost=0.01 fsync=off synchronous_commit=off full_page_writes=off wal_level=minimal "
        "max_wal_senders=0 max_wal_size=8GB autovacuum=off track_activities=off track_counts=off"
    ).split()
    TYPES = {np.int16: "smallint", np.int32: "integer", np.int64: "bigint", np.float64: "double precision"}

    def __init__(self, rows):
        import psycopg

        self.server = Server(self.SETTINGS)
        self.connection = psycopg.connect(self.server.url, autocommit=True)
        self.libpq, self.prepared = self.connection.pgconn, []
        self.unit_of = rows.columns["unit"].tolist()
        self.sql = PostgresSql(rows)
        run = self.connection.execute
        run("CREATE EXTENSION postgis")
        self.version = "{} + PostGIS {}".format(
            run("SHOW server_version").fetchone()[0].split()[0], run("SELECT postgis_lib_version()").fetchone()[0]
        )
        run(table(self.TYPES))
        with self.connection.cursor().copy("COPY vacancies FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(binary_copy(rows.columns))
        run("ALTER TABLE vacancies ADD COLUMN at geometry(Point, 4326)")
        run("UPDATE vacancies SET at = ST_SetSRID(ST_MakePoint(lon, lat), 4326)")
        run("CREATE INDEX by_place ON vacancies USING gist (at)")
        run("CLUSTER vacancies USING by_place")
        # What is in the index need not be fetched from the table; the box of a place it cannot hold.
        held = ", ".join(["vno", *(name for name in COLUMNS if name not in ("admission_days", "from_day", "beds", "lat", "lon"))])
        for index in indexes("CREATE INDEX {name} ON vacancies (admission_days, from_day, beds) INCLUDE (%s) {condition}" % held):
            run(index)
        for index in indexes("CREATE INDEX {name}_by_place ON vacancies USING gist (at) {condition}"):
            run(index)
        run("VACUUM (FREEZE, ANALYZE) vacancies")

    def prepare_one(self, name, text):
        done = self.libpq.prepare(name.encode(), text.encode())
        if done.status != 1:
            raise RuntimeError(done.error_message.decode() + text)
        return name.encode()

    def run(self, statement):
        # libpq itself, results in binary: a cursor of psycopg would add tens of microseconds of Python.
        done = self.libpq.exec_prepared(statement, None, result_format=1)
        row, value = struct.Struct(">i"), struct.Struct(">d")
        return [(row.unpack(done.get_value(at, 0))[0], value.unpack(done.get_value(at, 1))[0]) for at in range(done.ntuples)]

    def close(self):
        self.connection.close()
        self.server.stop()


def binary_copy(columns):
    """All rows in the binary format of COPY, without a loop over them."""
    wide = {np.int16: ">i2", np.int32: ">i4", np.int64: ">i8", np.float64: ">f8"}
    fields = [("vno", ">i4"), *((name, wide[COLUMNS[name]]) for name in columns)]
    count = len(columns["x"])
    made = np.zeros(
        count, dtype=[("fields", ">i2"), *(field for name, kind in fields for field in ((f"{name}_size", ">i4"), (name, kind)))]
    )
    made["fields"] = len(fields)
    for name, kind in fields:
        made[f"{name}_size"] = np.dtype(kind).itemsize
        made[name] = np.arange(count) if name == "vno" else columns[name]
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + made.tobytes() + b"\xff\xff"


class Server:
    """A PostgreSQL server of our own in a temporary folder, on a socket in it; it refuses to run as root, so then it does not."""

    def __init__(self, settings):
        packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.bin = packaged[-1].parent if packaged else Path(shutil.which("initdb") or "").parent
        self.folder = Path(tempfile.mkdtemp(prefix="havre-bench-pg-"))
        self.owner = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        self.as_owner(
            self.bin / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "bench", "--locale=C", "-E", "UTF8", "--no-sync"
        )
        # The port only names the socket: the server does not listen on the network.
        options = " ".join(["-p 5432", f"-k {self.folder}", "-c listen_addresses=''", *(f"-c {setting}" for setting in settings)])
        self.as_owner(self.bin / "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        self.url = f"postgresql:///postgres?host={self.folder}&port=5432&user=bench"
        atexit.register(self.stop)

    def as_owner(self, *command):
        subprocess.run([*self.owner, *map(str, command)], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        atexit.unregister(self.stop)
        self.as_owner(self.bin / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)


class SqliteSql(Sql):
    least, greatest = "min", "max"

    @staticmethod
    def source(box):
        if not box:
            return "vacancies", []
        # CROSS JOIN: the boxes first, without a list of them in between.
        return "boxes CROSS JOIN vacancies ON vno = id", ["east >= {} AND north >= {} AND west <= {} AND south <= {}".format(*box)]


class Sqlite(Statements):
    name = "SQLite + R*Tree"
    TYPES = {np.int16: "INTEGER", np.int32: "INTEGER", np.int64: "INTEGER", np.float64: "REAL"}

    def __init__(self, rows):
        import apsw

        # The newest SQLite, several releases ahead of the one in Python, and with less between it and us.
        self.version = apsw.sqlite_lib_version()
        self.connection = apsw.Connection(":memory:", statementcachesize=10_000)
        self.prepared, self.unit_of, self.sql = [], rows.columns["unit"].tolist(), SqliteSql(rows)
        run = self.connection.execute
        run("PRAGMA temp_store = MEMORY")
        run("BEGIN")
        run(table(self.TYPES))
        columns = [column.tolist() for column in rows.columns.values()]
        marks = ", ".join("?" * (len(columns) + 1))
        self.connection.executemany(f"INSERT INTO vacancies VALUES ({marks})", zip(range(len(columns[0])), *columns))
        run("CREATE VIRTUAL TABLE boxes USING rtree(id, west, east, south, north)")
        run("INSERT INTO boxes SELECT vno, lon, lon, lat, lat FROM vacancies")
        for index in indexes("CREATE INDEX {name} ON vacancies (%s) {condition}" % ", ".join(COLUMNS)):
            run(index)
        run("COMMIT")
        run("ANALYZE")

    def prepare_one(self, name, text):
        return text

    def run(self, statement):
        return self.connection.execute(statement).fetchall()

    def close(self):
        self.connection.close()


class Duckdb(Statements):
    name = "DuckDB"
    TYPES = {np.int16: "SMALLINT", np.int32: "INTEGER", np.int64: "BIGINT", np.float64: "DOUBLE"}

    def __init__(self, rows):
        import duckdb

        self.version = duckdb.__version__
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.prepared, self.unit_of = [], rows.columns["unit"].tolist()
        self.sql = Sql(rows)
        columns = {"vno": np.arange(len(self.unit_of), dtype=np.int32), **rows.columns}
        self.connection.execute(f"CREATE TABLE vacancies AS SELECT {', '.join(columns)} FROM columns")

    def prepare_one(self, name, text):
        self.connection.execute(f"PREPARE {name} AS {text}")
        return f"EXECUTE {name}"

    def run(self, statement):
        return self.connection.execute(statement).fetchall()

    def close(self):
        self.connection.close()


class Numpy:
    name = "numpy"

    def __init__(self, rows):
        self.version = np.__version__
        self.columns, self.units = rows.columns, rows.columns["unit"]
        self.limit = TOP * rows.vacancies_max
        self.masked = np.empty(len(self.units), dtype=np.int64)
        self.asks = []

    def prepare(self, asks):
        self.asks = asks

    def answer(self, number):
        ask, found = self.asks[number], []
        for tier in (0, 1) if ask.calls or ask.unsure else (0,):
            # Where a call settles no flag, all of them can be asked for at once.
            flags = ask.hard_flags | (ask.soft_flags if tier == 0 or not ask.calls else 0)
            np.bitwise_and(self.columns["flags"], flags, out=self.masked)
            rows = Survivors(self.columns, np.flatnonzero(self.masked == flags))
            self.keep_hard(rows, ask)
            if not ask.calls:
                rows.keep(self.settled(rows, ask))
            stands = self.stands(rows, ask)
            rows.keep(stands if tier == 0 else ~stands)
            if len(rows.at):
                take(found, self.units, tier, self.best(rows, ask))
            if len(found) == TOP:
                break
        return found

    def keep_hard(self, rows, ask):
        rows.keep(rows["admission_days"] <= ask.last_day - ask.at_day)
        rows.keep(rows["from_day"] <= ask.last_day)
        rows.keep(rows["beds"] >= ask.people)
        if ask.max_km is not None:
            rows.keep(rows.chord2(ask.place) <= chord2(ask.max_km))
        for column, comparison, age in ask.bounds:
            rows.keep(rows[column] <= age if comparison == "<=" else rows[column] >= age)
        if ask.land is not None:
            rows.keep(rows["land"] == ask.land)
        if ask.any_setting:
            rows.keep((rows["flags"] & ask.any_setting) != 0)
        if ask.min_km is not None:
            rows.keep(rows.chord2(ask.place) >= chord2(ask.min_km))
        rows.keep(rows["until_day"] >= self.start(rows, ask) + ask.needed)
        for zone in ask.forbidden:
            rows.keep(rows.km(zone.centre) + rows["reach_km"] > zone.radius_km if zone.centre else rows["department"] != zone.department)
        for column, numbers in (("unit", ask.apart + ask.refused_units), ("structure", ask.refused_structures)):
            if numbers:
                rows.keep(~np.isin(rows[column], numbers))

    @staticmethod
    def settled(rows, ask):
        """What a call may settle, but for circles of danger."""
        fits = ((rows["flags"] & ask.soft_flags) == ask.soft_flags) & (rows["max_household"] >= ask.people)
        if ask.required_languages:
            speaks = (rows["languages"] & ask.required_languages) == ask.required_languages
            fits &= speaks | ((rows["flags"] & INTERPRETING) != 0)
        return fits

    def stands(self, rows, ask):
        """What needs no call."""
        fits = self.settled(rows, ask)
        for zone in ask.forbidden:
            if zone.centre:
                fits &= rows.km(zone.centre) > zone.radius_km + rows["reach_km"]
        return fits

    @staticmethod
    def start(rows, ask):
        return np.maximum(np.maximum(rows["from_day"], ask.asked_day), ask.at_day + rows["admission_days"].astype(np.int32))

    def best(self, rows, ask):
        order = -np.rint(self.score(rows, ask) * 1e9)
        # A score lies in [0, 1], so that this puts what is far after all else.
        rank = order + 2e9 * (rows.chord2(ask.place) > chord2(ask.far_km)) if ask.far_km else order
        if len(rank) > self.limit:
            first = np.flatnonzero(rank <= np.partition(rank, self.limit)[self.limit])
            chosen = first[np.argsort(rank[first], kind="stable")]
        else:
            chosen = np.argsort(rank, kind="stable")
        chosen = chosen[: self.limit]
        return zip(rows.at[chosen].tolist(), (-order[chosen]).tolist())

    def score(self, rows, ask):
        weights, start = ask.weights, self.start(rows, ask)
        score = weights["distance"] * self.distance(rows, ask)
        score += weights["specialisation"] * rows["specialisation"] + weights["conditions"] * rows["conditions"]
        for name, column, wished in (("offers", "flags", ask.wished_offers), ("languages", "languages", ask.wished_languages)):
            if name in weights:
                score += weights[name] / len(wished) * np.bitwise_count(rows[column] & sum(wished))
        score += weights["readiness"]
        if ask.tolerance:
            score -= weights["readiness"] / ask.tolerance * (start - ask.asked_day)
        if "cover" in weights:
            score += weights["cover"] * np.minimum(1.0, (rows["until_day"] - start) / ask.nights)
        constants = POLICY["freshness"]
        stale_s = np.maximum(0.0, ask.at_s - constants["fresh_hours"] * 3600 - rows["confirmed_s"])
        score += weights["freshness"] * np.exp2(stale_s * (-1 / (constants["half_life_hours"] * 3600)))
        if "avoidance" in weights:
            score += weights["avoidance"] * np.logical_and.reduce([self.outside(rows, zone) for zone in ask.avoid])
        score += weights["fit"] - weights["fit"] / 3 * np.bitwise_count(rows["flags"] & sum(ask.spared))
        for part in ask.continuity if "continuity" in weights else []:
            score += weights["continuity"] / len(ask.continuity) * ((rows["flags"] & part) == part)
        return score

    @staticmethod
    def outside(rows, zone):
        return rows.km(zone.centre) > zone.radius_km + rows["reach_km"] if zone.centre else rows["department"] != zone.department

    @staticmethod
    def distance(rows, ask):
        constants = POLICY["distance"]
        km = rows.km(ask.place)
        if ask.wish == "move_away":
            return 1 - 1 / (1 + np.square(np.minimum(km, constants["move_away_enough_km"]) / constants["move_away_half_km"]))
        return 1 / (1 + np.square(km / constants[f"{ask.wish}_half_km"]))

    def close(self):
        pass


class Survivors:
    """The rows that are left, by number; a column is read for those only."""

    def __init__(self, columns, at):
        self.columns, self.at = columns, at

    def __getitem__(self, name):
        return self.columns[name].take(self.at)

    def keep(self, mask):
        self.at = self.at[mask]

    def chord2(self, at):
        return sum(np.square(self[axis] - value) for axis, value in zip("xyz", at))

    def km(self, at):
        return 2 * EARTH_RADIUS_KM * np.arcsin(0.5 * np.sqrt(self.chord2(at)))


PEERS = {"postgres": Postgres, "sqlite": Sqlite, "duckdb": Duckdb, "numpy": Numpy}


# ---------------------------------------------------------------------------------------------------------------------
# Agreement and time


def disagreements(rows, peer, number, answer):
    """How the answer of a peer differs from ours; nothing where it does not."""
    theirs = [(rows.unit_ids[rows.columns["unit"][vno]].decode(), rows.vacancy_ids[vno].decode(), ("eligible", "to_verify")[tier], score / 1e9)
              for vno, tier, score in peer.answer(number)]  # fmt: skip
    ours = [(proposal["unit_id"], proposal["vacancy_id"], proposal["tier"], proposal["score"]) for proposal in answer["proposals"]]
    found = []
    if len(theirs) != len(ours):
        found.append(f"{len(theirs)} proposals for {len(ours)}")
    for place, (their, our) in enumerate(zip(theirs, ours)):
        if their[:3] != our[:3] or abs(their[3] - our[3]) > 1e-9:
            found.append(f"place {place + 1}: {their} for {our}")
            break
    return [f"request {answer['request_id']}: {what}" for what in found]


def measure(peer, count, seconds):
    """Microseconds of each request, the median of up to five runs, within about so many seconds."""
    runs, begun = [[] for _ in range(count)], time.perf_counter()
    for turn in range(5):
        for number in range(count):
            before = time.perf_counter()
            peer.answer(number)
            runs[number].append((time.perf_counter() - before) * 1e6)
        if (time.perf_counter() - begun) * (turn + 2) / (turn + 1) > seconds:
            break
    took = sorted(statistics.median(run) for run in runs)
    return {"p50_us": statistics.median(took), "p99_us": took[min(len(took) - 1, math.ceil(len(took) * 0.99) - 1)]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("units")
    arguments.add_argument("requests")
    arguments.add_argument("answers")
    arguments.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    arguments.add_argument("--seconds", type=float, default=60.0, help="about so long for each peer, after one warm run")
    arguments.add_argument("--json", help="where to write the results")
    arguments = arguments.parse_args()
    # One core for us and for the server we start: an answer across cores of a virtual machine is sometimes woken up for 0.1 ms late.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    before = time.perf_counter()
    rows = Rows.load(arguments.units)
    asks = [ask(json.loads(line), rows) for line in open(arguments.requests, encoding="utf-8")]
    answers = {answer["request_id"]: answer for answer in map(json.loads, open(arguments.answers, encoding="utf-8"))}
    print(
        f"{rows.units} units, {len(rows.columns['x'])} vacancies, {len(asks)} requests in {time.perf_counter() - before:.1f} s", flush=True
    )
    results = {"units": rows.units, "vacancies": len(rows.columns["x"]), "requests": len(asks), "peers": {}}
    for name in arguments.peers:
        result = results["peers"][PEERS[name].name] = run(PEERS[name], rows, asks, answers, arguments.seconds)
        print(f"  {PEERS[name].name:22}", *(f"{key} {value}" for key, value in result.items() if key != "disagreements"), flush=True)
        for line in result.get("disagreements", [])[:10]:
            print(f"    DISAGREES {line}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results))
    if any(result.get("disagreements") for result in results["peers"].values()):
        sys.exit("the answers disagree")


def run(kind, rows, asks, answers, seconds):
    """What came of a peer. One that is not installed, or cannot start, is named with the reason, and the others go on."""
    before = time.perf_counter()
    try:
        peer = kind(rows)
    except Exception as error:
        return {"missing": f"{type(error).__name__}: {error}".splitlines()[0]}
    try:
        peer.prepare(asks)
        loaded = time.perf_counter() - before
        found = [line for number, one in enumerate(asks) for line in disagreements(rows, peer, number, answers[one.id])]
        took = measure(peer, len(asks), seconds)
    finally:
        peer.close()
    rounded = {key: round(value, 1) for key, value in took.items()}
    return {"version": peer.version, "load_s": round(loaded, 1), **rounded, "disagreements": found}


if __name__ == "__main__":
    main()
