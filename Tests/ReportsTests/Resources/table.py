"""Prints, as JSON, the rows of a CSV file, read strictly."""

import csv
import io
import json
import sys

csv.field_size_limit(1 << 24)
text = sys.stdin.buffer.read().decode("utf-8")
json.dump(list(csv.reader(io.StringIO(text, newline=""), strict=True)), sys.stdout)
