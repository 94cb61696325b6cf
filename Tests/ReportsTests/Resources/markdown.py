"""Prints as JSON what GitHub's Markdown makes of a text: elements with attributes, code, and widths of table rows."""

import html.parser
import json
import subprocess
import sys

extensions = ["table", "autolink", "strikethrough", "tasklist"]
command = ["cmark-gfm", "--unsafe"] + [word for name in extensions for word in ("--extension", name)]
page = subprocess.run(command, input=sys.stdin.buffer.read(), stdout=subprocess.PIPE, check=True).stdout.decode()


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements = set()
        self.attributes = set()
        self.code = []
        self.inside = 0
        self.rows = []
        self.prose = ""

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag == "code":
            self.inside += 1
            self.code.append("")
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1

    def handle_endtag(self, tag):
        if tag == "code":
            self.inside -= 1

    def handle_data(self, data):
        if self.inside:
            self.code[-1] += data
        else:
            self.prose += data


reader = Reader()
reader.feed(page)
answer = {"elements": sorted(reader.elements), "attributes": sorted(reader.attributes), "code": reader.code}
json.dump(answer | {"rows": reader.rows, "prose": reader.prose}, sys.stdout)
