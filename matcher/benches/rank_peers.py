#!/usr/bin/env python3
"""The ranking against its peers: the same question with the same semantics; do the answers agree, and how long does each take?

    rank_peers.py UNITS.jsonl REQUESTS.jsonl ANSWERS.jsonl [--peers NAME …] [--seconds S] [--json OUT.json]

ANSWERS is what `havre match --top 20` writes. Two questions, with every rule of design §3.2:
- The best 20: eligible units and those to verify, the score of §3.3 with the best fitting vacancy of each unit. Unit, vacancy, tier and
  order must be equal and the score within 1e-9 for each request; else the run fails.
- The same with counts: beside the best 20, how many of all units are eligible, how many are to verify, and for each rule how many fail it
  and how many fail it and no other. Every number must be equal; else the run fails. Where this takes long it is asked for some requests
  only, at equal steps over the file: as many as the time allows, and never fewer than ten.
What the peers leave out is what SQL has no cheap way to: relaxations, and the reasons of each proposal.

How each is tuned (more in the code, with its reason):
- All: parsing, H3 cells, codes and the text of queries are worked out before the clock starts. For the best 20 one row is a vacancy; units
  without one are not even there. Yes and no are bits of one integer, ids are integers in the order of answers, distances are compared as
  squared chords between stored unit vectors. To verify is asked for only where fewer than 20 units are eligible. For the counts one row is
  a unit with its vacancies beside it, and one pass works out each rule once. Warm, one thread, one core.
- PostgreSQL with PostGIS: all of it in shared buffers, no JIT, no parallel workers; a prepared statement for each request, its plan cached;
  for each stage and each sort of person a partial covering btree (read alone, without the table) and a partial GiST for what has a limit of
  distance; the table clustered by place; results in binary over a Unix socket by libpq. Counts: units grouped by the set of rules they fail,
  in a hash table; Python adds up the few hundred groups.
- SQLite: in memory, the newest release (apsw); for each stage and sort of person a partial covering index, an R*Tree joined first for what
  has a limit of distance; statements cached. Counts: the set of rules each unit fails, in a subquery that is not flattened, and filtered
  counts of it, as SQLite would sort to group.
- DuckDB: in memory, prepared statements. It is made for scans of millions, not for microseconds. Counts as PostgreSQL.
- numpy: columns, one mask over all rows, then survivors only. Counts: a mask of all units for each rule, and their sum; distances once.
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
from question import BITS, CALLS, COLUMNS, EARTH_RADIUS_KM, POLICY, RULES, Rows, ask, chord2

TOP = 20
STAGES = [flag for name, flag in BITS.items() if name.startswith("stage:")]
PEOPLE = [flag for name, flag in BITS.items() if name.startswith(("adult:", "some_adult:", "lone_minor:"))]
TAKES_ADULTS = BITS["takes_adults"]
INTERPRETING = BITS["offer:interpreting"]
RULE_BITS = {rule: 1 << at for at, rule in enumerate(RULES)}
# However long counting takes, so many requests are counted.
COUNTED_MIN = 10


# ---------------------------------------------------------------------------------------------------------------------
# The question in SQL, for three dialects


class Sql:
    """Conditions and score of a request, in a dialect: the names of two functions, what a double is, where the rows of a box are."""

    least, greatest, units = "LEAST", "GREATEST", "count(*)"

    def __init__(self, rows):
        self.reach_max = float(rows.columns["reach_km"].max())
        self.limit = TOP * rows.vacancies_max
        self.vacancies = [f"_{nth + 1}" for nth in range(rows.vacancies_max)]

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
        *soon, lasts = self.fits(ask)
        found = [self.ready(ask), *soon]
        if ask.max_km is not None:
            found.append(self.near(ask, ask.max_km))
        found += [condition for rule, condition in self.of_columns(ask) if rule not in CALLS]
        return [*found, lasts, *none_of("unit", ask.apart + ask.refused_units), *none_of("structure", ask.refused_structures)]

    def soft(self, ask):
        """What a call may settle, but for flags and circles of danger."""
        return [condition for rule, condition in self.of_columns(ask) if rule in CALLS]

    def of_columns(self, ask):
        """What rules ask of columns in the same words for the best as for the counts, as (rule, condition)."""
        found = []
        if ask.min_km is not None:
            found.append(("distance", f"{self.chord2(ask.place)} >= {self.real(chord2(ask.min_km))}"))
        found += [(rule, f"{column} {comparison} {age}") for rule, column, comparison, age in ask.bounds]
        for young in ask.young:
            kept = f"minor_min <= {young.age} AND minor_max >= {young.age}"
            taken = f"(flags & {TAKES_ADULTS}) <> 0 AND adult_min <= {young.age} AND adult_max >= {young.age}"
            found.append(("gender", f"((flags & {young.gender}) <> 0 OR ({kept} AND (flags & {young.lone_gender}) <> 0))"))
            found.append(("age", f"(({taken}) OR ({kept}))"))
        if ask.any_setting:
            found.append(("setting", f"(flags & {ask.any_setting}) <> 0"))
        if ask.land is not None:
            found.append(("crossing", f"land = {ask.land}"))
        found += [("danger_zone", f"department <> {zone.department}") for zone in ask.forbidden if not zone.centre]
        found.append(("household", f"max_household >= {ask.people}"))
        if ask.required_languages:
            speaks = f"(languages & {ask.required_languages}) = {ask.required_languages}"
            found.append(("required_language", f"({speaks} OR (flags & {INTERPRETING}) <> 0)"))
        return found

    @staticmethod
    def ready(ask):
        return f"admission_days <= {ask.last_day - ask.at_day}"

    def fits(self, ask, nth=""):
        """What a vacancy of a unit that is ready needs; of a row of all vacancies of a unit, the nth."""
        lasts = f"until_day{nth} >= {self.start(ask, nth)} + {ask.needed}"
        return [f"from_day{nth} <= {ask.last_day}", f"beds{nth} >= {ask.people}", lasts]

    def near(self, ask, km):
        return f"{self.chord2(ask.place)} <= {self.real(chord2(km))}"

    def clear(self, ask, zone):
        """Certainly not in the circle; far from it, the square of the chord is enough to tell."""
        away = f"{self.chord2(zone.centre)} > {self.real(chord2(zone.radius_km + self.reach_max))}"
        return f"({away} OR {self.km(zone.centre)} > {self.real(zone.radius_km)} + reach_km)"

    def uncertain(self, ask, zone):
        """Not certainly in the circle."""
        away = f"{self.chord2(zone.centre)} > {self.real(chord2(zone.radius_km))}"
        return f"({away} OR {self.km(zone.centre)} + reach_km > {self.real(zone.radius_km)})"

    def counts(self, ask):
        """How many units fail which rules, each set of rules a sum of its bits; the few sets are taken apart by `tally`.

        One pass that works out each rule once. Two aggregates for each rule instead take PostgreSQL half as long again, and DuckDB twice.
        """
        return f"SELECT {self.failed(self.passed(ask))}, {self.units} FROM units GROUP BY 1"

    @staticmethod
    def failed(passed):
        return " + ".join(f"CASE WHEN {' AND '.join(conditions)} THEN 0 ELSE {RULE_BITS[rule]} END" for rule, conditions in passed.items())

    def passed(self, ask):
        """What a unit that passes a rule fulfils, for each rule that this request can fail."""
        found = {rule: [f"(flags & {flags}) = {flags}"] for rule, flags in ask.rule_flags.items()}
        fits = "FALSE"
        # The earliest first: where one is too late, or there is none, so are all that follow.
        for nth in reversed(self.vacancies):
            soon, *free = self.fits(ask, nth)
            fits = f"({soon} AND ({' AND '.join(free)} OR {fits}))"
        circles = [zone for zone in ask.forbidden if zone.centre]
        for rule, condition in (
            ("capacity", self.ready(ask)),
            ("capacity", fits),
            *self.of_columns(ask),
            *((rule, self.near(ask, km)) for rule, km in ask.limits_km.items()),
            *(("danger_zone", self.uncertain(ask, zone)) for zone in circles),
            *(("keep_apart", condition) for condition in none_of("unit", ask.apart)),
            *(("already_refused", condition) for condition in none_of("unit", ask.refused_units)),
            *(("already_refused", condition) for condition in none_of("structure", ask.refused_structures)),
        ):
            found.setdefault(rule, []).append(condition)
        if circles:
            clear = " AND ".join(self.clear(ask, zone) for zone in circles)
            found["danger_zone_unsure"] = [f"({clear} OR NOT ({' AND '.join(found['danger_zone'])}))"]
        return found

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
            holds = " OR ".join(f"(flags & {flags}) = {flags}" for flags in part)
            terms.append(f"CASE WHEN {holds} THEN {self.real(weights['continuity'] / len(ask.continuity))} ELSE {self.real(0)} END")
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

    def start(self, ask, nth=""):
        return f"{self.greatest}({ask.asked_day}, from_day{nth}, {ask.at_day} + admission_days)"

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


def none_of(column, numbers):
    return [f"{column} NOT IN ({', '.join(map(str, numbers))})"] if numbers else []


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
    """What the three databases have in common: eligible units first, then, where they are too few, those to verify; and the counts."""

    def prepare(self, asks):
        self.asks = asks
        for number, one in enumerate(asks):
            self.prepared.append([self.prepare_one(f"q{number}_{tier}", text) for tier, text in enumerate(self.sql.statements(one))])
            self.counting.append(self.prepare_one(f"c{number}", self.sql.counts(one)))

    def answer(self, number):
        found = []
        for tier, statement in enumerate(self.prepared[number]):
            take(found, self.unit_of, tier, self.run(statement))
            if len(found) == TOP:
                break
        return found

    def counts(self, number):
        return tally(self.run(self.counting[number]), self.asks[number])


def tally(sets, ask):
    """Units eligible, units to verify, and units by rule that fail it, and that fail it alone, from how many units fail which rules."""
    failed, units = (np.array(column, dtype=np.int64) for column in zip(*sets))
    bits, settled = np.array(list(RULE_BITS.values())), sum(RULE_BITS[rule] for rule in ask.verifiable)
    eligible = units[failed == 0].sum()
    to_verify = units[(failed & ~settled) == 0].sum() - eligible
    by_rule = units @ ((failed[:, None] & bits) != 0), units @ (failed[:, None] == bits)
    return int(eligible), int(to_verify), *(dict(zip(RULES, counts.tolist())) for counts in by_rule)


def take(found, unit_of, tier, rows):
    """Adds to what was found the rows of units that are not there yet, up to 20."""
    seen = {unit_of[vno] for vno, _, _ in found}
    for vno, billionths in rows:
        if len(found) == TOP:
            return
        if (unit := unit_of[vno]) not in seen:
            seen.add(unit)
            found.append((vno, tier, billionths))


def table(name, key, columns, types):
    held = ", ".join(f"{name} {types[column.dtype.type]} NOT NULL" for name, column in columns.items())
    return f"CREATE TABLE {name} ({key} integer PRIMARY KEY, {held})"


# ---------------------------------------------------------------------------------------------------------------------
# Peers


class PostgresSql(Sql):
    # A double, as scores are: rows of both statements are read in the same way.
    units = "count(*)::float8"

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
        self.libpq, self.prepared, self.counting = self.connection.pgconn, [], []
        self.unit_of = rows.columns["unit"].tolist()
        self.sql = PostgresSql(rows)
        run = self.connection.execute
        run("CREATE EXTENSION postgis")
        self.version = "{} + PostGIS {}".format(
            run("SHOW server_version").fetchone()[0].split()[0], run("SELECT postgis_lib_version()").fetchone()[0]
        )
        for name, key, columns in (("vacancies", "vno", rows.columns), ("units", "unit", rows.unit_columns)):
            run(table(name, key, columns, self.TYPES))
            with self.connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(binary_copy(key, columns))
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
        run("VACUUM (FREEZE, ANALYZE) vacancies, units")

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


def binary_copy(key, columns):
    """All rows in the binary format of COPY, without a loop over them."""
    columns = {key: np.arange(len(columns["x"]), dtype=np.int32), **columns}
    wide = {name: column.dtype.newbyteorder(">") for name, column in columns.items()}
    made = np.zeros(
        len(columns[key]),
        dtype=[("fields", ">i2"), *(field for name in columns for field in ((f"{name}_size", ">i4"), (name, wide[name])))],
    )
    made["fields"] = len(columns)
    for name, column in columns.items():
        made[f"{name}_size"] = column.dtype.itemsize
        made[name] = column
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

    def counts(self, ask):
        """In one row, as SQLite sorts all units to group them. OFFSET keeps it from working the rules out again for each aggregate."""
        passed = self.passed(ask)
        settled = sum(RULE_BITS[rule] for rule in ask.verifiable)
        filters = ["failed = 0", f"failed <> 0 AND failed & {~settled} = 0"]
        filters += [f"failed & {RULE_BITS[rule]}" for rule in passed] + [f"failed = {RULE_BITS[rule]}" for rule in passed]
        counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in filters)
        return f"SELECT {counts} FROM (SELECT {self.failed(passed)} AS failed FROM units LIMIT -1 OFFSET 0)"


class Sqlite(Statements):
    name = "SQLite + R*Tree"
    TYPES = {np.int16: "INTEGER", np.int32: "INTEGER", np.int64: "INTEGER", np.float64: "REAL"}

    def __init__(self, rows):
        import apsw

        # The newest SQLite, several releases ahead of the one in Python, and with less between it and us.
        self.version = apsw.sqlite_lib_version()
        self.connection = apsw.Connection(":memory:", statementcachesize=10_000)
        self.prepared, self.counting, self.unit_of, self.sql = [], [], rows.columns["unit"].tolist(), SqliteSql(rows)
        run = self.connection.execute
        run("PRAGMA temp_store = MEMORY")
        run("BEGIN")
        for name, key, columns in (("vacancies", "vno", rows.columns), ("units", "unit", rows.unit_columns)):
            run(table(name, key, columns, self.TYPES))
            marks = ", ".join("?" * (len(columns) + 1))
            values = (column.tolist() for column in columns.values())
            self.connection.executemany(f"INSERT INTO {name} VALUES ({marks})", zip(range(len(columns["x"])), *values))
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

    def prepare(self, asks):
        super().prepare(asks)
        self.rules = [list(self.sql.passed(one)) for one in asks]

    def counts(self, number):
        (eligible, to_verify, *by_rule), rules = self.run(self.counting[number])[0], self.rules[number]
        return eligible, to_verify, dict(zip(rules, by_rule[: len(rules)])), dict(zip(rules, by_rule[len(rules) :]))

    def close(self):
        self.connection.close()


class Duckdb(Statements):
    name = "DuckDB"
    TYPES = {np.int16: "SMALLINT", np.int32: "INTEGER", np.int64: "BIGINT", np.float64: "DOUBLE"}

    def __init__(self, rows):
        import duckdb

        self.version = duckdb.__version__
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.prepared, self.counting, self.unit_of = [], [], rows.columns["unit"].tolist()
        self.sql = Sql(rows)
        for name, key, columns in (("vacancies", "vno", rows.columns), ("units", "unit", rows.unit_columns)):
            columns = {key: np.arange(len(columns["x"]), dtype=np.int32), **columns}
            self.connection.execute(f"CREATE TABLE {name} AS SELECT {', '.join(columns)} FROM columns")

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
        self.unit_columns = {"unit": np.arange(len(rows.unit_ids)), **rows.unit_columns}
        self.vacancies = [f"_{nth + 1}" for nth in range(rows.vacancies_max)]
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
        rows.keep(self.ready(rows, ask))
        rows.keep(rows["from_day"] <= ask.last_day)
        rows.keep(rows["beds"] >= ask.people)
        if ask.max_km is not None:
            rows.keep(rows.chord2(ask.place) <= chord2(ask.max_km))
        for _, passes in self.of_columns(rows, ask):
            rows.keep(passes)
        rows.keep(self.lasts(rows, ask))
        for zone in ask.forbidden:
            rows.keep(self.uncertain(rows, zone))
        for column, numbers in (("unit", ask.apart + ask.refused_units), ("structure", ask.refused_structures)):
            if numbers:
                rows.keep(~np.isin(rows[column], numbers))

    @staticmethod
    def of_columns(rows, ask):
        """What rules that no call settles ask in the same words for the best as for the counts, as (rule, mask of the rows then left)."""
        for rule, column, comparison, age in ask.bounds:
            yield rule, rows[column] <= age if comparison == "<=" else rows[column] >= age
        for young in ask.young:
            kept = (rows["minor_min"] <= young.age) & (rows["minor_max"] >= young.age)
            yield "gender", ((rows["flags"] & young.gender) != 0) | (kept & ((rows["flags"] & young.lone_gender) != 0))
        for young in ask.young:
            kept = (rows["minor_min"] <= young.age) & (rows["minor_max"] >= young.age)
            within = (rows["adult_min"] <= young.age) & (rows["adult_max"] >= young.age)
            yield "age", kept | (within & ((rows["flags"] & TAKES_ADULTS) != 0))
        if ask.land is not None:
            yield "crossing", rows["land"] == ask.land
        if ask.any_setting:
            yield "setting", (rows["flags"] & ask.any_setting) != 0
        if ask.min_km is not None:
            yield "distance", rows.chord2(ask.place) >= chord2(ask.min_km)

    def settled(self, rows, ask):
        """What a call may settle, but for circles of danger."""
        fits = ((rows["flags"] & ask.soft_flags) == ask.soft_flags) & (rows["max_household"] >= ask.people)
        return fits & self.speaks(rows, ask) if ask.required_languages else fits

    @staticmethod
    def speaks(rows, ask):
        spoken = (rows["languages"] & ask.required_languages) == ask.required_languages
        return spoken | ((rows["flags"] & INTERPRETING) != 0)

    def stands(self, rows, ask):
        """What needs no call."""
        fits = self.settled(rows, ask)
        for zone in ask.forbidden:
            if zone.centre:
                fits &= self.outside(rows, zone)
        return fits

    @staticmethod
    def ready(rows, ask):
        return rows["admission_days"] <= ask.last_day - ask.at_day

    def lasts(self, rows, ask, nth=""):
        return rows[f"until_day{nth}"] >= self.start(rows, ask, nth) + ask.needed

    @staticmethod
    def start(rows, ask, nth=""):
        return np.maximum(np.maximum(rows[f"from_day{nth}"], ask.asked_day), ask.at_day + rows["admission_days"].astype(np.int32))

    def counts(self, number):
        ask = self.asks[number]
        passed = {rule: np.logical_and.reduce(masks) for rule, masks in self.passed(AllUnits(self.unit_columns), ask).items()}
        fails = {rule: ~mask for rule, mask in passed.items()}
        how_many = sum(mask.view(np.uint8) for mask in fails.values())
        settled = sum((fails[rule].view(np.uint8) for rule in ask.verifiable if rule in fails), np.zeros_like(how_many))
        eligible, alone = np.count_nonzero(how_many == 0), how_many == 1
        return (
            eligible,
            np.count_nonzero(how_many == settled) - eligible,
            {rule: np.count_nonzero(mask) for rule, mask in fails.items()},
            {rule: np.count_nonzero(mask & alone) for rule, mask in fails.items()},
        )

    def passed(self, rows, ask):
        """What a unit that passes a rule fulfils, as masks, for each rule that this request can fail."""
        found = {rule: [(rows["flags"] & flags) == flags] for rule, flags in ask.rule_flags.items()}
        fits = [
            (rows[f"from_day{nth}"] <= ask.last_day) & (rows[f"beds{nth}"] >= ask.people) & self.lasts(rows, ask, nth)
            for nth in self.vacancies
        ]
        found["capacity"] = [self.ready(rows, ask), np.logical_or.reduce(fits)]
        found.setdefault("household", []).append(rows["max_household"] >= ask.people)
        if ask.required_languages:
            found["required_language"] = [self.speaks(rows, ask)]
        for rule, mask in self.of_columns(rows, ask):
            found.setdefault(rule, []).append(mask)
        for rule, km in ask.limits_km.items():
            found.setdefault(rule, []).append(rows.chord2(ask.place) <= chord2(km))
        if ask.forbidden:
            found["danger_zone"] = [self.uncertain(rows, zone) for zone in ask.forbidden]
            certain = ~np.logical_and.reduce(found["danger_zone"])
            found["danger_zone_unsure"] = [certain | np.logical_and.reduce([self.outside(rows, zone) for zone in ask.forbidden])]
        for rule, column, numbers in (
            ("keep_apart", "unit", ask.apart),
            ("already_refused", "unit", ask.refused_units),
            ("already_refused", "structure", ask.refused_structures),
        ):
            if numbers:
                found.setdefault(rule, []).append(~np.isin(rows[column], numbers))
        return found

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
            score += weights["continuity"] / len(ask.continuity) * np.logical_or.reduce([(rows["flags"] & flags) == flags for flags in part])
        return score

    @staticmethod
    def uncertain(rows, zone):
        """Not certainly in the zone."""
        return rows.km(zone.centre) + rows["reach_km"] > zone.radius_km if zone.centre else rows["department"] != zone.department

    @staticmethod
    def outside(rows, zone):
        """Certainly not in the zone."""
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


class Distances:
    """How far rows are from a place, whichever rows."""

    def chord2(self, at):
        return sum(np.square(self[axis] - value) for axis, value in zip("xyz", at))

    def km(self, at):
        return 2 * EARTH_RADIUS_KM * np.arcsin(0.5 * np.sqrt(self.chord2(at)))


class Survivors(Distances):
    """The rows that are left, by number; a column is read for those only."""

    def __init__(self, columns, at):
        self.columns, self.at = columns, at

    def __getitem__(self, name):
        return self.columns[name].take(self.at)

    def keep(self, mask):
        self.at = self.at[mask]


class AllUnits(Distances, dict):
    """All units, by column; a place is measured from once, whichever rules ask."""

    def chord2(self, at):
        if at not in self:
            self[at] = super().chord2(at)
        return self[at]


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


def miscounts(peer, number, answer):
    """How the counts of a peer differ from ours; nothing where they do not."""
    theirs = dict(zip(("eligible", "to_verify", "failed", "failed_alone"), peer.counts(number)))
    for counts in ("failed", "failed_alone"):
        theirs[counts] = {rule: int(units) for rule, units in theirs[counts].items() if units}
    return [f"request {answer['request_id']}: {what} {their} for {answer[what]}" for what, their in theirs.items() if their != answer[what]]


def spread(count, of):
    """So many requests, at equal steps over all."""
    return [at * of // count for at in range(count)]


def count(peer, asks, answers, seconds):
    """The requests that are counted, as many as can be checked and timed once in so many seconds but never under ten; what differs."""
    first = spread(min(COUNTED_MIN, len(asks)), len(asks))
    before = time.perf_counter()
    found = {number: miscounts(peer, number, answers[asks[number].id]) for number in first}
    fit = int(seconds / 2 * len(first) / (time.perf_counter() - before))
    chosen = spread(min(max(fit, len(first)), len(asks)), len(asks))
    found |= {number: miscounts(peer, number, answers[asks[number].id]) for number in chosen if number not in found}
    return chosen, [line for lines in found.values() for line in lines]


def measure(question, numbers, seconds):
    """Microseconds of each request, the median of up to five runs, within about so many seconds."""
    runs, begun = {number: [] for number in numbers}, time.perf_counter()
    for turn in range(5):
        for number in numbers:
            before = time.perf_counter()
            question(number)
            runs[number].append((time.perf_counter() - before) * 1e6)
        if (time.perf_counter() - begun) * (turn + 2) / (turn + 1) > seconds:
            break
    took = sorted(statistics.median(run) for run in runs.values())
    return statistics.median(took), took[min(len(took) - 1, math.ceil(len(took) * 0.99) - 1)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("units")
    arguments.add_argument("requests")
    arguments.add_argument("answers")
    arguments.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    arguments.add_argument("--seconds", type=float, default=60.0, help="about so long for each peer and question, after one warm run")
    arguments.add_argument("--json", help="where to write the results")
    arguments = arguments.parse_args()
    # One core for us and for the server we start: an answer across cores of a virtual machine is sometimes woken up for 0.1 ms late.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    before = time.perf_counter()
    rows = Rows.load(arguments.units)
    asks = [ask(json.loads(line), rows) for line in open(arguments.requests, encoding="utf-8")]
    answers = {answer["request_id"]: answer for answer in map(json.loads, open(arguments.answers, encoding="utf-8"))}
    print(
        f"{len(rows.unit_ids)} units, {len(rows.columns['x'])} vacancies, {len(asks)} requests in {time.perf_counter() - before:.1f} s",
        flush=True,
    )
    results = {"units": len(rows.unit_ids), "vacancies": len(rows.columns["x"]), "requests": len(asks), "peers": {}}
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
        counted, miscounted = count(peer, asks, answers, seconds)
        plain = measure(peer.answer, range(len(asks)), seconds)
        with_counts = measure(lambda number: (peer.answer(number), peer.counts(number)), counted, seconds / 2)
    finally:
        peer.close()
    took = zip(("p50_us", "p99_us", "p50_us_counts", "p99_us_counts"), (*plain, *with_counts))
    rounded = {key: round(value, 1) for key, value in took}
    return {"version": peer.version, "load_s": round(loaded, 1), **rounded, "counted": len(counted), "disagreements": found + miscounted}


if __name__ == "__main__":
    main()
