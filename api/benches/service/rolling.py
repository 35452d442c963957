#!/usr/bin/env python3
"""`make rolling`: three instances of an older program are replaced by this one, one after the other, under the load of a country.

    make rolling                                  from the commit before the last landing's issue (BASE below), both built in release
    make rolling BASE=COMMIT ARGS="--for 1m"      from another
    make rolling HAVRE=… HAVRE_BASE=…             these binaries instead

The older instances serve first, on the schema they know. Then this program migrates the schema under them, and takes their places: each is asked to stop (SIGTERM), ends what is
under way, and another starts at its address. All the while `havre simulate` drives them. It fails where a promise was broken, where an older instance did not end well, or where
`havre verify` finds something afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import bench  # noqa: E402
from bench import ROOT, TARGET, WORK, say  # noqa: E402
from country import INSTANCES, Country  # noqa: E402

BASE = "e7288a6"  # the commit before webhooks, kinds of jobs and what came with them: its schema ends at 0011
SECONDS_BETWEEN = 15


class Upgrade(Country):
    def meanwhile(self, over):
        """One instance after another is the newer program's."""
        self.replaced = 0
        for number in range(INSTANCES):
            if over.wait(SECONDS_BETWEEN):
                return
            older = self.processes[number]
            older.send_signal(signal.SIGTERM)
            code = older.wait(60)
            say(f"instance {number} of the older program ended with {code}")
            if code != 0:
                self.failures.append(f"instance {number} of the older program ended with {code}")
            self.processes[number] = self.start(number)
            self.replaced += 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--base", default=BASE, help="the commit of the older program")
    arguments.add_argument("--for", dest="lasts", default="90s", help="how long, as `havre simulate --for` takes it")
    arguments.add_argument("--units", type=int, default=1_000)
    arguments.add_argument("--accounts", type=int, default=600)
    arguments.add_argument("--rate", type=float, default=10.0, help="commands a second; three times as many rankings")
    arguments = arguments.parse_args()
    arguments.kill_every = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    WORK.mkdir(parents=True, exist_ok=True)
    bench.install()
    newer, older = os.environ.get("HAVRE"), os.environ.get("HAVRE_BASE")
    newer = Path(newer).resolve() if newer else bench.cargo_build(ROOT, TARGET, "havre")
    older = Path(older).resolve() if older else bench.build_base(arguments.base)
    with contextlib.ExitStack() as stack:
        upgrade = Upgrade(stack, newer, arguments, serving=older)
        _, failures = upgrade.day()
        if upgrade.replaced < INSTANCES:
            failures.append(f"only {upgrade.replaced} instances were replaced: give it longer than {arguments.lasts}")
    if failures:
        sys.exit("\n".join(failures))
    say(f"{INSTANCES} instances were replaced, and every promise held")


if __name__ == "__main__":
    main()
