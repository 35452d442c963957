#!/usr/bin/env python3
"""The ranking against its peers: the same question with the same semantics; do the answers agree, and how long does each take?

    rank_peers.py UNITS.jsonl REQUESTS.jsonl ANSWERS.jsonl [--peers NAME …] [--seconds S] [--json OUT.json]

ANSWERS is what `havre match --top 20` writes. The question: every rule of design §3.2, eligible units and those to verify, the score of
§3.3 with the best fitting vacancy of each unit, the best 20. What the peers leave out is what SQL has no cheap way to: counts of rules,
relaxations and reasons. Unit, vacancy, tier and order must be equal and the score within 1e-9 for each request; else the run fails.

How each is tuned (more in the code, with its reason):
- All: parsing, H3 cells, codes and the text of queries are worked out before the clock starts. One row is a vacancy; units without one are
  not even there. Yes and no are bits of one integer, ids are integers in the order of answers, distances are compared as squared chords
  between stored unit vectors. To verify is asked for only where fewer than 20 units are eligible. Warm, one thread.
- PostgreSQL with PostGIS: all of it in shared buffers; a prepared statement for each request with its plan cached; one btree for each
  stage; GiST for what has a limit of distance, and the table clustered by it; results in binary over a Unix socket by libpq.
- SQLite: in memory; a covering index for each stage, R*Tree for what has a limit of distance; statements cached.
- DuckDB: in memory, prepared statements. It is made for scans of millions, not for microseconds.
- numpy: columns, one mask, then survivors only.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from question import COLUMNS, EARTH_RADIUS_KM, POLICY, Rows, ask, chord2

TOP = 20
STAGES = 3
"""The first so many bits of `flags` are the stages."""


# ---------------------------------------------------------------------------------------------------------------------
# The question in SQL, for three dialects


class Sql:
    """Conditions and score of a request. The dialects differ in the names of two functions and in how a box is looked up."""

    def __init__(self, rows, least, greatest, box):
        self.reach_max = float(rows.columns["reach_km"].max())
        self.limit = TOP * rows.vacancies_max
        self.least, self.greatest, self.box = least, greatest, box

    def statements(self, ask):
        """Eligible units, and those to verify where there may be any."""
        hard, soft, clear = self.hard(ask), self.soft(ask), [self.clear(ask, zone) for zone in ask.forbidden if zone.centre]
        flags = ask.hard_flags | ask.soft_flags
        # Said on its own so that the index of the stage applies.
        stage = f"(flags & {ask.soft_flags & -ask.soft_flags}) <> 0"
        eligible = [stage, f"(flags & {flags}) = {flags}", *hard, *soft, *clear]
        found = [self.select(ask, eligible)]
        soft = [f"(flags & {ask.soft_flags}) = {ask.soft_flags}", *soft]
        hard = [f"(flags & {ask.hard_flags}) = {ask.hard_flags}", *hard, *(self.uncertain(ask, zone) for zone in ask.forbidden if zone.centre)]
        if ask.calls:
            found.append(self.select(ask, [*hard, f"NOT ({' AND '.join([*soft, *clear])})"]))
        elif clear:
            found.append(self.select(ask, [stage, *hard, *soft, f"NOT ({' AND '.join(clear)})"]))
        return found

    def select(self, ask, conditions):
        # A unit has at most `vacancies_max` rows and its best comes first, so that this many rows hold the best 20 units.
        far = f"CASE WHEN {self.chord2(ask.place)} > {real(chord2(ask.far_km))} THEN 1 ELSE 0 END, " if ask.far_km else ""
        score = f"round({real(1e9)} * ({self.score(ask)})) AS billionths"
        return f"SELECT vno, {score} FROM vacancies WHERE {' AND '.join(conditions)} ORDER BY {far}billionths DESC, vno LIMIT {self.limit}"

    def hard(self, ask):
        """What no call settles, but for flags and circles of danger; what leaves out most comes first."""
        found = [f"admission_days <= {ask.last_day - ask.at_day}", f"from_day <= {ask.last_day}", f"beds >= {ask.people}"]
        if ask.max_km is not None:
            found.append(f"{self.chord2(ask.place)} <= {real(chord2(ask.max_km))}")
            if box := bounding_box(ask):
                found.insert(0, self.box(*box))
        if ask.min_km is not None:
            found.append(f"{self.chord2(ask.place)} >= {real(chord2(ask.min_km))}")
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
            interpreting = SPOKEN_BY_INTERPRETERS
            found.append(f"((languages & {ask.required_languages}) = {ask.required_languages} OR (flags & {interpreting}) <> 0)")
        return found

    def clear(self, ask, zone):
        """Certainly not in the circle; far from it, the square of the chord is enough to tell."""
        away = f"{self.chord2(zone.centre)} > {real(chord2(zone.radius_km + self.reach_max))}"
        return f"({away} OR {self.km(zone.centre)} > {real(zone.radius_km)} + reach_km)"

    def uncertain(self, ask, zone):
        """Not certainly in the circle."""
        away = f"{self.chord2(zone.centre)} > {real(chord2(zone.radius_km))}"
        return f"({away} OR {self.km(zone.centre)} + reach_km > {real(zone.radius_km)})"

    def score(self, ask):
        weights, constant = ask.weights, 0.0
        terms = [f"{real(weights['distance'])} * {self.distance(ask)}"]
        terms += [f"{real(weights[name])} * {name}" for name in ("specialisation", "conditions")]
        for name, column, wished in (("offers", "flags", ask.wished_offers), ("languages", "languages", ask.wished_languages)):
            if name in weights:
                terms.append(f"{real(weights[name] / len(wished))} * {count_of(column, wished)}")
        if ask.tolerance:
            constant += weights["readiness"]
            terms.append(f"{real(-weights['readiness'] / ask.tolerance)} * ({self.start(ask)} - {ask.asked_day})")
        else:
            constant += weights["readiness"]
        if "cover" in weights:
            terms.append(f"{real(weights['cover'])} * {self.least}({real(1)}, {real(1 / ask.nights)} * (until_day - {self.start(ask)}))")
        terms.append(f"{real(weights['freshness'])} * {self.freshness(ask)}")
        if "avoidance" in weights:
            terms.append(f"CASE WHEN {' OR '.join(self.within(zone) for zone in ask.avoid)} THEN {real(0)} ELSE {real(weights['avoidance'])} END")
        constant += weights["fit"]
        if ask.spared:
            terms.append(f"{real(-weights['fit'] / 3)} * {count_of('flags', ask.spared)}")
        for part in ask.continuity if "continuity" in weights else []:
            terms.append(f"CASE WHEN (flags & {part}) = {part} THEN {real(weights['continuity'] / len(ask.continuity))} ELSE {real(0)} END")
        return " + ".join([real(constant), *terms])

    def distance(self, ask):
        constants = POLICY["distance"]
        half = constants[f"{ask.wish}_half_km"]
        halves = f"{real(2 * EARTH_RADIUS_KM / half)} * asin({real(0.5)} * sqrt({self.chord2(ask.place)}))"
        if ask.wish == "move_away":
            enough = real(constants["move_away_enough_km"] / half)
            return f"(1 - 1 / (1 + power({self.least}({halves}, {enough}), 2)))"
        return f"(1 / (1 + power({halves}, 2)))"

    def freshness(self, ask):
        constants = POLICY["freshness"]
        fresh_s = ask.at_s - constants["fresh_hours"] * 3600
        fading = math.log(2) / (constants["half_life_hours"] * 3600)
        return f"CASE WHEN confirmed_s >= {real(fresh_s)} THEN {real(1)} ELSE exp({real(fading)} * (confirmed_s - {real(fresh_s)})) END"

    def within(self, zone):
        """May be in the zone."""
        return f"NOT {self.clear(None, zone)}" if zone.centre else f"department = {zone.department}"

    def start(self, ask):
        return f"{self.greatest}({ask.asked_day}, from_day, {ask.at_day} + admission_days)"

    @staticmethod
    def chord2(at):
        return "(" + " + ".join(f"({axis} - {real(value)}) * ({axis} - {real(value)})" for axis, value in zip("xyz", at)) + ")"

    def km(self, at):
        return f"{real(2 * EARTH_RADIUS_KM)} * asin({real(0.5)} * sqrt({self.chord2(at)}))"


def real(number):
    """A literal that is a double in every dialect, where 0.5 alone would be an exact, slow decimal in two of the three."""
    return f"CAST('{float(number)!r}' AS DOUBLE PRECISION)"


def count_of(column, flags):
    """How many of the flags are there."""
    return "(" + " + ".join(f"(({column} >> {flag.bit_length() - 1}) & 1)" for flag in flags) + ")"


def bounding_box(ask):
    """West, south, east and north of all within `max_km`, in degrees; none where the box would cross a pole or the 180th meridian."""
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
        for number, ask in enumerate(asks):
            self.prepared.append([self.prepare_one(f"q{number}_{tier}", text) for tier, text in enumerate(self.sql.statements(ask))])

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
    return "CREATE TABLE vacancies (vno integer PRIMARY KEY, " + ", ".join(f"{name} {types[COLUMNS[name]]} NOT NULL" for name in COLUMNS) + ")"


# ---------------------------------------------------------------------------------------------------------------------
# Peers


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
        self.sql = Sql(rows, "LEAST", "GREATEST", lambda *box: f"at && ST_MakeEnvelope({', '.join(map(repr, box))}, 4326)")
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
        for stage in range(STAGES):
            run(f"CREATE INDEX of_stage_{stage} ON vacancies (admission_days, from_day, beds) WHERE (flags & {1 << stage}) <> 0")
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
    made = np.zeros(count, dtype=[("fields", ">i2"), *(field for name, kind in fields for field in ((f"{name}_size", ">i4"), (name, kind)))])
    made["fields"] = len(fields)
    for name, kind in fields:
        made[f"{name}_size"] = np.dtype(kind).itemsize
        made[name] = np.arange(count) if name == "vno" else columns[name]
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + made.tobytes() + b"\xff\xff"


class Server:
    """A PostgreSQL server of our own in a temporary folder, on a socket in it; it refuses to run as root, so then it does not."""

    def __init__(self, settings):
        packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        self.bin = packaged[-1].parent if packaged else Path(shutil.which("initdb") or sys.exit("no PostgreSQL")).parent
        self.folder = Path(tempfile.mkdtemp(prefix="havre-bench-pg-"))
        self.owner = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        self.as_owner(self.bin / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "bench", "--locale=C", "-E", "UTF8", "--no-sync")
        # The port only names the socket: the server does not listen on the network.
        options = " ".join(["-p 5432", f"-k {self.folder}", "-c listen_addresses=''", *(f"-c {setting}" for setting in settings)])
        self.as_owner(self.bin / "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o", options, "start")
        self.url = f"postgresql:///postgres?host={self.folder}&port=5432&user=bench"

    def as_owner(self, *command):
        subprocess.run([*self.owner, *map(str, command)], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        self.as_owner(self.bin / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)


class Sqlite(Statements):
    name = "SQLite + R*Tree"
    TYPES = {np.int16: "INTEGER", np.int32: "INTEGER", np.int64: "INTEGER", np.float64: "REAL"}

    def __init__(self, rows):
        self.version = sqlite3.sqlite_version
        self.connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=10_000)
        self.prepared, self.unit_of = [], rows.columns["unit"].tolist()
        inside = "vno IN (SELECT id FROM boxes WHERE east >= {} AND north >= {} AND west <= {} AND south <= {})".format
        self.sql = Sql(rows, "min", "max", inside)
        run = self.connection.execute
        run("PRAGMA temp_store = MEMORY")
        run(table(self.TYPES))
        columns = [column.tolist() for column in rows.columns.values()]
        run("BEGIN")
        marks = ", ".join("?" * (len(columns) + 1))
        self.connection.executemany(f"INSERT INTO vacancies VALUES ({marks})", zip(range(len(columns[0])), *columns))
        run("CREATE VIRTUAL TABLE boxes USING rtree(id, west, east, south, north)")
        run("INSERT INTO boxes SELECT vno, lon, lon, lat, lat FROM vacancies")
        for stage in range(STAGES):
            run(f"CREATE INDEX of_stage_{stage} ON vacancies ({', '.join(COLUMNS)}) WHERE (flags & {1 << stage}) <> 0")
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
        self.sql = Sql(rows, "least", "greatest", "lon >= {} AND lat >= {} AND lon <= {} AND lat <= {}".format)
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
        self.limit, self.reach_max = TOP * rows.vacancies_max, float(rows.columns["reach_km"].max())
        self.masked = np.empty(len(self.units), dtype=np.int64)
        self.asks = []

    def prepare(self, asks):
        self.asks = asks

    def answer(self, number):
        ask, found = self.asks[number], []
        # Where a call settles nothing, the soft flags can be asked for at once.
        flags = ask.hard_flags | (0 if ask.calls else ask.soft_flags)
        np.bitwise_and(self.columns["flags"], flags, out=self.masked)
        rows = Survivors(self.columns, np.flatnonzero(self.masked == flags))
        self.keep_hard(rows, ask)
        soft = self.soft(rows, ask)
        for tier, kept in enumerate((soft, ~soft)):
            if len(found) < TOP and kept.any():
                take(found, self.units, tier, self.best(Survivors(self.columns, rows.at[kept]), ask))
        return found

    def keep_hard(self, rows, ask):
        rows.keep(rows["admission_days"] <= ask.last_day - ask.at_day)
        rows.keep(rows["from_day"] <= ask.last_day)
        rows.keep(rows["beds"] >= ask.people)
        for column, comparison, age in ask.bounds:
            rows.keep(rows[column] <= age if comparison == "<=" else rows[column] >= age)
        if ask.land is not None:
            rows.keep(rows["land"] == ask.land)
        if ask.any_setting:
            rows.keep((rows["flags"] & ask.any_setting) != 0)
        if ask.max_km is not None:
            rows.keep(rows.chord2(ask.place) <= chord2(ask.max_km))
        if ask.min_km is not None:
            rows.keep(rows.chord2(ask.place) >= chord2(ask.min_km))
        rows.keep(rows["until_day"] >= self.start(rows, ask) + ask.needed)
        for zone in ask.forbidden:
            rows.keep(rows.km(zone.centre) + rows["reach_km"] > zone.radius_km if zone.centre else rows["department"] != zone.department)
        for column, numbers in (("unit", ask.apart + ask.refused_units), ("structure", ask.refused_structures)):
            if numbers:
                rows.keep(~np.isin(rows[column], numbers))
        if not ask.calls:
            rows.keep(self.settled(rows, ask))

    @staticmethod
    def settled(rows, ask):
        """What a call may settle, but for circles of danger."""
        fits = ((rows["flags"] & ask.soft_flags) == ask.soft_flags) & (rows["max_household"] >= ask.people)
        if ask.required_languages:
            speaks = (rows["languages"] & ask.required_languages) == ask.required_languages
            fits &= speaks | ((rows["flags"] & SPOKEN_BY_INTERPRETERS) != 0)
        return fits

    def soft(self, rows, ask):
        fits = self.settled(rows, ask) if ask.calls else np.ones(len(rows.at), dtype=bool)
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


from question import BITS  # noqa: E402

SPOKEN_BY_INTERPRETERS = BITS["offer:interpreting"]
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
    before = time.perf_counter()
    rows = Rows.load(arguments.units)
    asks = [ask(json.loads(line), rows) for line in open(arguments.requests, encoding="utf-8")]
    answers = {answer["request_id"]: answer for answer in map(json.loads, open(arguments.answers, encoding="utf-8"))}
    print(f"{rows.units} units, {len(rows.columns['x'])} vacancies, {len(asks)} requests in {time.perf_counter() - before:.1f} s", flush=True)
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
    """A peer that cannot run is named, with the reason."""
    before = time.perf_counter()
    try:
        peer = kind(rows)
    except (ImportError, OSError, subprocess.SubprocessError) as error:
        return {"missing": repr(error)}
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
