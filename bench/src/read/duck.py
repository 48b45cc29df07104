"""Runs what it reads, a JSON object a line, on a DuckDB database; answers with a line for each."""

import json
import sys
import time

import duckdb

database = duckdb.connect(sys.argv[1])
database.execute("set enable_progress_bar = false")
for line in sys.stdin:
    request = json.loads(line)
    if "run" in request:
        database.execute(request["run"])
        answer = True
    else:
        database.execute(request["ask"]).fetchall()
        answer = []
        begun = time.perf_counter()
        while len(answer) < request["times"] and (
            not answer or time.perf_counter() - begun < request["seconds"]
        ):
            started = time.perf_counter()
            database.execute(request["ask"]).fetchall()
            answer.append((time.perf_counter() - started) * 1e3)
    print(json.dumps(answer), flush=True)
