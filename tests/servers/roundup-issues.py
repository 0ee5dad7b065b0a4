# SPDX-License-Identifier: MIT
"""roundup-issues.py TRACKER VERB FROM TO [SECONDS]: what tests/servers/roundup
does to its tracker: by its own classes, but for the seed, which is written into
the database as they would write it. The document N is the issue N."""
import os
import secrets
import sqlite3
import sys
import time

from roundup import instance

tracker, verb = sys.argv[1:3]
first, last = int(sys.argv[3]), int(sys.argv[4])
numbers = range(first, last + 1)


def stamp(seconds):
    at = time.time() - seconds
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(at)) + ".000"


def connect():
    return sqlite3.connect(os.path.join(tracker, "db", "db"), timeout=60)


def message(number, text):
    """As a file, of which a folder has a thousand."""
    folder = os.path.join(tracker, "db", "files", "msg", str(number // 1000))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"msg{number}"), "w") as f:
        f.write(text)


def seed():
    db, now = connect(), stamp(0)
    next_message, = db.execute(
        "select num from ids where name = 'msg'").fetchone()
    for n in numbers:
        db.execute(
            "insert into _issue(id, _title, _status, _priority, _creation,"
            " _creator, _activity, _actor) values(?, ?, ?, ?, ?, 1, ?, 1)",
            (n, f'Issue {n} – "Größe" & <more>', 1 + n % 8, 1 + n % 5, now,
             now))
        db.execute("insert into issue__journal(nodeid, date, tag, action,"
                   " params) values(?, ?, 1, 'create', '{}')", (n, now))
        if n % 20 != 5:
            continue
        message(next_message, f"Message on {n}, naïve\nof two lines")
        db.execute(
            "insert into _msg(id, _author, _date, _summary, _creation,"
            " _creator, _activity, _actor) values(?, 1, ?, ?, ?, 1, ?, 1)",
            (next_message, now, f"Message on {n}, naïve", now, now))
        db.execute("insert into issue_messages values(?, ?)",
                   (next_message, n))
        next_message += 1
    db.execute("update ids set num = ? where name = 'issue'", (last + 1,))
    db.execute("update ids set num = ? where name = 'msg'", (next_message,))
    db.commit()


def work():
    db = instance.open(tracker).open("admin")
    for n in map(str, numbers):
        if verb in ("change", "late"):
            new = db.msg.create(author="1", content=secrets.token_hex(16))
            db.issue.set(n, messages=db.issue.get(n, "messages") + [new])
        elif verb == "rename":
            db.issue.set(n, title=f"Moved {n}")
        else:
            getattr(db.issue, verb)(n)
    db.commit()
    db.close()


def date_back(seconds):
    db = connect()
    db.execute("update _issue set _activity = ? where id between ? and ?",
               (stamp(seconds), first, last))
    db.commit()


if verb == "seed":
    seed()
else:
    work()
    if verb == "late":
        date_back(int(sys.argv[5]))
