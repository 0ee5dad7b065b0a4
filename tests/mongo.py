#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mongo.py URL DATABASE: commands of MongoDB from stdin, one a line, in
extended JSON; the replies' cursors on stdout. Besides them
{"fill": COLLECTION, "from": N, "to": N, "when": DATE}."""
import sys

from bson import json_util
from pymongo import MongoClient

OPTIONS = json_util.JSONOptions(uuid_representation=4)


def document(n, when):
    return {'_id': n, 'title': 'page %d' % n, 'body': 'text %d ' % n * 10,
            'n': n * 1000000007, 'tags': ['a', 'even' if n % 2 else 'odd'],
            'meta': {'k': n % 7, 'x': n / 3}, 'updated': when}


def run(db, c):
    if 'fill' in c:
        for n in range(c['from'], c['to'], 1000):
            db[c['fill']].insert_many(
                document(i, c['when'])
                for i in range(n, min(n + 1000, c['to'])))
    else:
        reply = db.command(c, codec_options=db.codec_options)
        if 'cursor' in reply:
            print(json_util.dumps(reply['cursor']['firstBatch']))


def main():
    client = MongoClient(sys.argv[1], serverSelectionTimeoutMS=30000,
                         retryWrites=False,
                         uuidRepresentation='standard')
    for line in sys.stdin:
        if line.strip():
            run(client[sys.argv[2]], json_util.loads(line, json_options=OPTIONS))


main()
