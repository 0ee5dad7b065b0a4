# SPDX-License-Identifier: MIT
"""pyairbyte.py PROGRAM CONFIG: the stream users of a connector of Airbyte,
read by PyAirbyte into its own cache."""
import json
import sys

import airbyte

with open(sys.argv[2], encoding="utf-8") as f:
    settings = json.load(f)
source = airbyte.get_source("source-faker", config=settings,
                            local_executable=sys.argv[1])
source.select_streams(["users"])
result = source.read(cache=airbyte.new_local_cache("bench", cache_dir="cache",
                                                   cleanup=True))
print(len(result["users"]))
