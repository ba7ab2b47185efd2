#!/usr/bin/env python3
"""Checks what a formatter does not see: lengths, first lines, marks of unfinished work, paths of one machine.

Usage: source_rules.py ROOT
"""

import re
import sys
from pathlib import Path

import tree

LONG = 400  # lines; more than this is listed, so that it is noticed
TOO_LONG = 700
CODE_ENDINGS = tree.SOURCE_ENDINGS | {".py", ".cmake"}
TEXT_ENDINGS = CODE_ENDINGS | {".md", ".toml", ".txt", ".json", ""}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w./$}])/(home|root|work|Users|builds?)/\w")


def check_length(path, lines, findings, long_files):
    if len(lines) > LONG:
        long_files.append((len(lines), path))
    if len(lines) > TOO_LONG:
        findings.add(path, len(lines), f"{len(lines)} lines, and {TOO_LONG} is the most; it has more than one subject")


def check_header(path, lines, findings):
    first = next((line for line in lines if line and line != "#pragma once"), "")
    if not re.match(r"(//+|/\*) \S", first):
        findings.add(path, 1, "a header begins with a comment that says why the file exists")
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        findings.add(path, 1, "has no #pragma once")


def main():
    root = Path(sys.argv[1]).resolve()
    findings = tree.Findings("source_rules")
    long_files = []
    count = 0
    for path in tree.files(root):
        if path.suffix not in TEXT_ENDINGS or path.name == Path(__file__).name:
            continue
        try:
            lines = tree.read(root, path).splitlines()
        except UnicodeDecodeError:
            continue
        count += 1
        if path.suffix in CODE_ENDINGS:
            check_length(path, lines, findings, long_files)
        if path.suffix in {".hpp", ".h"}:
            check_header(path, lines, findings)
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                findings.add(path, number, "unfinished work: do it now, or leave it out")
            if MACHINE_PATH.search(line):
                findings.add(path, number, "holds a path of one machine")
    for length, path in sorted(long_files, reverse=True):
        print(f"note: {path} has {length} lines")
    findings.finish(f"{count} files")


if __name__ == "__main__":
    main()
