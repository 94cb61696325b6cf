"""Prints, as JSON, whether each document of a JSON array on standard input is what the schema describes."""

import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
answers = []
for document in json.load(sys.stdin):
    errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    answers.append([f"{error.json_path}: {error.message[:120]}" for error in errors])
json.dump(answers, sys.stdout)
