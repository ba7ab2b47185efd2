#!/usr/bin/env python3
"""Checks that the texts which docs/troubleshooting.md explains are texts of the program: each part in the first column
of a table, between the marks … for what varies, must stand in the sources.

Usage: troubleshooting.py ROOT
"""

import re
import sys
from pathlib import Path

import tree

PAGE = Path("docs/troubleshooting.md")
FOLDERS = ("core", "inputs", "outputs", "plugins/common")
# Words of the client libraries and of the servers, which the sources do not hold.
NOT_OURS = {"Connection refused", "connecting: Connection refused", "no password supplied",
            "could not translate host name", "timeout expired", "does not support SSL"}
# How much of a text must be its own to be looked for.
SHORTEST = 8


def literals(root):
    """All string literals, those that the compiler would join in one piece, without escapes."""
    text = "\n".join(tree.read(root, path) for path in tree.files(root, FOLDERS) if path.suffix in {".cpp", ".hpp"})
    return re.sub(r'(?<!\\)"\s*"', "", text).replace('\\"', '"')


def main():
    root = Path(sys.argv[1]).resolve()
    findings = tree.Findings("troubleshooting")
    sources = literals(root)
    count = 0
    for number, line in enumerate(tree.read(root, PAGE).splitlines(), 1):
        if not line.startswith("| `"):
            continue
        for text in re.findall(r"`([^`]+)`", line.split(" | ")[0]):
            if text in NOT_OURS:
                continue
            for part in text.split("…"):
                part = part.strip(" :")
                count += len(part) >= SHORTEST
                if len(part) >= SHORTEST and part not in sources:
                    findings.add(PAGE, number, f"the program does not say `{part}`")
    findings.finish(f"{count} texts")


if __name__ == "__main__":
    main()
