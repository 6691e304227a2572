"""Jobs in a SQLite file, which workers in any number of processes share.

python3 /app/jobs.py put TEXT...   leaves a job for each word
python3 /app/jobs.py report        how many wait, run and are done (the crontab does it)
python3 /app/jobs.py tidy          forgets what has been done for a day (the crontab does it)
"""

import os
import sqlite3
import sys

PLACE = os.environ.get("JOBS_DATABASE", "/data/jobs.sqlite")


def connect():
    place = PLACE if os.path.exists(PLACE) else os.path.dirname(PLACE)
    if not os.access(place, os.W_OK):
        sys.exit(
            f"jobs: user {os.getuid()} may not write to {place};"
            " start all containers of a queue as the same user"
        )
    # Each statement is its own transaction; who finds the file locked waits for 30 s.
    database = sqlite3.connect(PLACE, timeout=30, isolation_level=None)
    database.execute(
        "CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, text TEXT NOT NULL,"
        " state TEXT NOT NULL DEFAULT 'waits', owner TEXT, result TEXT,"
        " changed TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    )
    return database


def put(database, text):
    database.execute("INSERT INTO jobs (text) VALUES (?)", (text,))


def take(database, owner):
    """The next job as (id, text), or None. Two workers never get the same one."""
    rows = database.execute(
        "UPDATE jobs SET state = 'runs', owner = ?, changed = CURRENT_TIMESTAMP WHERE id ="
        " (SELECT id FROM jobs WHERE state = 'waits' ORDER BY id LIMIT 1) RETURNING id, text",
        (owner,),
    )
    return next(iter(rows.fetchall()), None)


def done(database, job, result):
    database.execute(
        "UPDATE jobs SET state = 'done', result = ?, changed = CURRENT_TIMESTAMP WHERE id = ?",
        (result, job),
    )


def give_back(database, owner):
    """What this worker had when it was killed waits again. The number of them."""
    return database.execute(
        "UPDATE jobs SET state = 'waits', owner = NULL WHERE state = 'runs' AND owner = ?",
        (owner,),
    ).rowcount


def report(database):
    counts = dict(database.execute("SELECT state, count(*) FROM jobs GROUP BY state"))
    return ", ".join(f"{counts.get(state, 0)} {state}" for state in ("waits", "runs", "done"))


def tidy(database):
    return database.execute(
        "DELETE FROM jobs WHERE state = 'done' AND changed < datetime('now', '-1 day')"
    ).rowcount


def main():
    match sys.argv[1:]:
        case ["put", *texts] if texts:
            with connect() as database:
                for text in texts:
                    put(database, text)
        case ["report"]:
            print(f"jobs: {report(connect())}")
        case ["tidy"]:
            print(f"jobs: {tidy(connect())} forgotten")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
