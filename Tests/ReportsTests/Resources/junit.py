"""Prints, as JSON, what is wrong with a JUnit file by the schemas named, and how junitparser reads it."""

import json
import sys

import junitparser
import lxml.etree

text = sys.stdin.buffer.read()
document = lxml.etree.fromstring(text)
errors = []
for path in sys.argv[1:]:
    schema = lxml.etree.XMLSchema(file=path)
    schema.validate(document)
    errors += [str(error) for error in schema.error_log]
suites = []
for suite in junitparser.JUnitXml.fromroot(junitparser.JUnitXml.fromstring(text)._elem):
    cases = []
    for case in suite:
        result = case.result[0] if case.result else None
        cases.append(
            {
                "probe": case.classname,
                "name": case.name,
                "result": type(result).__name__ if result is not None else "Passed",
                "type": result.type if result is not None else None,
                "message": result.message if result is not None else None,
                "text": result.text if result is not None else None,
                "output": case.system_out,
            }
        )
    counts = [suite.tests, suite.failures, suite.errors, suite.skipped]
    properties = {property.name: property.value for property in suite.properties()}
    suites.append({"name": suite.name, "counts": counts, "properties": properties, "cases": cases})
json.dump({"errors": errors, "suites": suites}, sys.stdout)
