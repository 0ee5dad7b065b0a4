# SPDX-License-Identifier: MIT
"""dltread.py URL: the records of tests/pagesink.c by dlt's rest_api, a line
each."""
import sys

import orjson
from dlt.sources.rest_api import rest_api_source

source = rest_api_source({
    "client": {"base_url": sys.argv[1]},
    "resources": [{"name": "items", "endpoint": {
        "path": "items", "data_selector": "items",
        "paginator": {"type": "page_number", "base_page": 1,
                      "page_param": "page", "total_path": None,
                      "stop_after_empty_page": True}}}]})
for item in source.resources["items"]:
    sys.stdout.buffer.write(orjson.dumps(item) + b"\n")
