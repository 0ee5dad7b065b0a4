# SPDX-License-Identifier: MIT
"""client.py URL INDEX FILE CHUNK THREADS: opensearch-py's streaming_bulk, with
THREADS > 1 its parallel_bulk, fed with the documents of an NDJSON file by
their `id`; orjson both ways."""
import sys

import orjson
from opensearchpy import OpenSearch
from opensearchpy.helpers import parallel_bulk, streaming_bulk
from opensearchpy.serializer import JSONSerializer


class Serializer(JSONSerializer):
    def loads(self, s):
        return orjson.loads(s)

    def dumps(self, data):
        return data if isinstance(data, str) else orjson.dumps(data).decode()


def actions(path, index):
    with open(path, "rb") as f:
        for line in f:
            doc = orjson.loads(line)
            yield {"_index": index, "_id": doc["id"], "_source": doc}


def main(url, index, path, chunk, threads):
    client = OpenSearch(url, serializer=Serializer(), timeout=120)
    how = {"chunk_size": int(chunk)}
    if int(threads) > 1:
        how["thread_count"] = int(threads)
    bulk = parallel_bulk if int(threads) > 1 else streaming_bulk
    return not all(ok for ok, _ in bulk(client, actions(path, index), **how))


sys.exit(main(*sys.argv[1:]))
