#!/usr/bin/env python3
"""The plan against its peers on the same edges: do objectives agree, and who is faster? Outside CI: it installs what it compares with.

    plan_peers.py EDGES.txt … [--mip SECONDS] [--json OUT.json]

An edges file is what `cargo run --release -p matcher --example plan_edges` writes; its first line holds our own objective, bound and time.
Where each household is one person and nobody is kept apart, the peers are scipy (LAPJVsp), OR-tools (min cost flow, values times 10^6) and
HiGHS (linear program); elsewhere HiGHS as a mixed integer program.

    python3 -m venv peers && peers/bin/pip install numpy scipy ortools highspy && peers/bin/python plan_peers.py …

`make bench` does all of it.
"""

import argparse
import json
import math
import multiprocessing
import statistics
import time
from collections import defaultdict
from pathlib import Path

import numpy as np


class Problem:
    def __init__(self, path):
        self.slots, self.people, self.edges, self.apart = [], [], [], []
        self.ours = {}
        with open(path, encoding="ascii") as lines:
            for line in lines:
                kind, *rest = line.split()
                if kind == "ours":
                    self.ours = dict(zip(("objective", "bound", "ms"), map(float, rest)))
                elif kind == "s":
                    self.slots.append(tuple(map(int, rest)))
                elif kind == "h":
                    self.people.append(int(rest[0]))
                elif kind == "e":
                    self.edges.append((len(self.people) - 1, int(rest[0]), float(rest[1])))
                elif kind == "a":
                    self.apart.append((len(self.people) - 1, int(rest[0])))

    def is_flow(self):
        return not self.apart and all(people == 1 for people in self.people)


def timed(what, times=5):
    """Median milliseconds and the answer."""
    took, answer = [], None
    for _ in range(times):
        before = time.perf_counter()
        answer = what()
        took.append((time.perf_counter() - before) * 1e3)
        if sum(took) > 20_000:
            break
    return statistics.median(took), answer


def scipy_lapjvsp(problem):
    """Every bed a column, and for each household one more that leaves it out; the solver asks for a full matching of the rows."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    first = np.concatenate([[0], np.cumsum([beds for beds, _, _ in problem.slots])])
    rows, columns, costs = [], [], []
    top = max((value for _, _, value in problem.edges), default=0.0) + 1.0
    for household, slot, value in problem.edges:
        for bed in range(first[slot], first[slot] + min(problem.slots[slot][0], len(problem.people))):
            rows.append(household), columns.append(bed), costs.append(top - value)
    for household in range(len(problem.people)):
        rows.append(household), columns.append(int(first[-1]) + household), costs.append(top)
    matrix = csr_matrix((costs, (rows, columns)), shape=(len(problem.people), int(first[-1]) + len(problem.people)))

    def solve():
        chosen_rows, chosen_columns = min_weight_full_bipartite_matching(matrix)
        return sum(top - float(cost) for cost in np.asarray(matrix[chosen_rows, chosen_columns]).ravel())

    return timed(solve)


def ortools_flow(problem):
    from ortools.graph.python import min_cost_flow

    households, slots = len(problem.people), len(problem.slots)
    edges = np.array([(household, slot) for household, slot, _ in problem.edges], dtype=np.int64).reshape(-1, 2)
    values = np.array([round(value * 1e6) for _, _, value in problem.edges], dtype=np.int64)
    source, sink = households + slots, households + slots + 1
    tails = np.concatenate([np.full(households, source), edges[:, 0], households + np.arange(slots), [source]])
    heads = np.concatenate([np.arange(households), households + edges[:, 1], np.full(slots, sink), [sink]])
    beds = np.array([beds for beds, _, _ in problem.slots], dtype=np.int64)
    capacities = np.concatenate([np.ones(households + len(values), dtype=np.int64), beds, [households]])
    costs = np.concatenate([np.zeros(households, dtype=np.int64), -values, np.zeros(slots + 1, dtype=np.int64)])

    def solve():
        flow = min_cost_flow.SimpleMinCostFlow()
        flow.add_arcs_with_capacity_and_unit_cost(tails, heads, capacities, costs)
        flow.set_node_supply(source, households)
        flow.set_node_supply(sink, -households)
        assert flow.solve() == flow.OPTIMAL
        return -flow.optimal_cost() / 1e6

    return timed(solve)


def highs(problem, whole, limit):
    """HiGHS: a row for each household and slot, and for each pair to be kept apart one for each structure and cell both may come to."""
    import highspy

    rows, uppers = [], []
    by_household, by_slot = defaultdict(list), defaultdict(list)
    for column, (household, slot, _) in enumerate(problem.edges):
        by_household[household].append(column)
        by_slot[slot].append(column)
    for columns in by_household.values():
        rows.append([(column, 1.0) for column in columns]), uppers.append(1.0)
    for slot, columns in by_slot.items():
        rows.append([(column, float(problem.people[problem.edges[column][0]])) for column in columns])
        uppers.append(float(problem.slots[slot][0]))
    for one, other in problem.apart:
        for kind in (1, 2) if one < other else ():
            areas = [defaultdict(list), defaultdict(list)]
            for area, household in zip(areas, (one, other)):
                for column in by_household[household]:
                    area[problem.slots[problem.edges[column][1]][kind]].append(column)
            for key in areas[0].keys() & areas[1].keys():
                rows.append([(column, 1.0) for column in areas[0][key] + areas[1][key]]), uppers.append(1.0)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(problem.edges), len(rows)
    program.col_cost_ = np.array([-value for _, _, value in problem.edges])
    program.col_lower_, program.col_upper_ = np.zeros(len(problem.edges)), np.ones(len(problem.edges))
    program.row_lower_, program.row_upper_ = np.full(len(rows), -highspy.kHighsInf), np.array(uppers)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0] + [len(row) for row in rows])
    program.a_matrix_.index_ = np.array([column for row in rows for column, _ in row])
    program.a_matrix_.value_ = np.array([entry for row in rows for _, entry in row])
    if whole:
        program.integrality_ = [highspy.HighsVarType.kInteger] * len(problem.edges)
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-6), ("time_limit", limit), ("threads", 1)):
        solver.setOptionValue(option, value)
    solver.passModel(program)
    took, _ = timed(solver.run, times=1)
    info = solver.getInfo()
    proved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return took, -info.objective_function_value, -info.mip_dual_bound if whole else -info.objective_function_value, proved


def compare(path, mip_seconds):
    """Our plan and those of the peers, each with its milliseconds, objective and whether it agrees. A peer that is not installed is named."""
    problem = Problem(path)
    ours = problem.ours
    result = {"households": len(problem.people), "slots": len(problem.slots), "edges": len(problem.edges), "pairs": len(problem.apart) // 2}
    result |= {"ours": ours, "peers": {}}
    print(f"{path}:", *(f"{result[what]} {what}" for what in ("households", "slots", "edges", "pairs")))
    print(f"  havre      {ours['ms']:10.2f} ms  {ours['objective']:.6f}  gap {ours['bound'] - ours['objective']:.6f}", flush=True)
    flows = {"scipy": scipy_lapjvsp, "OR-tools": ortools_flow} if problem.is_flow() else {}
    for name, peer in (flows | {"HiGHS": highs}).items():
        try:
            found = against(ours, problem, peer, mip_seconds)
        except ImportError as error:
            found = {"missing": str(error)}
        result["peers"][name] = found
        print(f"  {name:10}", *(f"{key} {value:.6g}" if isinstance(value, float) else f"{key} {value}" for key, value in found.items()), flush=True)
    return result


def stopped_after(seconds, solve, *arguments):
    """What a solver finds in a process of its own, which is killed if it has not stopped by then: HiGHS looks at its limit of time now and then."""
    receiver, sender = multiprocessing.Pipe(duplex=False)

    def work():
        try:
            sender.send(solve(*arguments))
        except ImportError as missing:
            sender.send(missing)

    process = multiprocessing.get_context("fork").Process(target=work)
    began = time.perf_counter()
    process.start()
    sender.close()
    found = receiver.recv() if receiver.poll(seconds) else None
    process.kill()
    process.join()
    if isinstance(found, ImportError):
        raise found
    return found or ((time.perf_counter() - began) * 1e3, -math.inf, math.inf, False)


def against(ours, problem, peer, mip_seconds):
    if peer is not highs:
        took, objective = peer(problem)
        return {"ms": took, "objective": objective, "agrees": abs(objective - ours["objective"]) < 1e-6 * len(problem.people)}
    took, objective, bound, proved = stopped_after(2 * mip_seconds + 60, highs, problem, not problem.is_flow(), mip_seconds)
    if not proved and problem.is_flow():
        # A linear program that was stopped has neither a plan nor a bound.
        return {"ms": took, "stopped": True}
    agrees = objective <= ours["bound"] + 1e-4 and (not proved or ours["objective"] <= objective + 1e-4)
    return {"ms": took, "objective": objective, "bound": bound, "proved": proved, "agrees": agrees}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--mip", type=float, default=60.0, help="seconds for HiGHS")
    arguments.add_argument("--json", help="where to write the results")
    arguments = arguments.parse_args()
    results = [compare(path, arguments.mip) for path in arguments.files]
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results))


if __name__ == "__main__":
    main()
