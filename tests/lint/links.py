#!/usr/bin/env python3
"""Checks that every relative link and every anchor in the Markdown files leads somewhere.

Usage: links.py ROOT
"""

import re
import sys
from pathlib import Path

import tree

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~)")


def anchors(text):
    """The anchors that the headings of a Markdown text make."""
    made = set()
    for title in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
        made.add(re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-"))
    return made


def links(text):
    """(line number, target) of every link outside of code blocks."""
    in_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            in_code = not in_code
        if not in_code:
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                yield number, target


def main():
    root = Path(sys.argv[1]).resolve()
    findings = tree.Findings("links")
    count = 0
    for path in tree.files(root):
        if path.suffix != ".md":
            continue
        for number, target in links(tree.read(root, path)):
            if re.match(r"[a-z]+:", target):
                continue  # the net is not asked
            count += 1
            name, _, anchor = target.partition("#")
            aim = (root / path.parent / name).resolve() if name else root / path
            if not aim.exists():
                findings.add(path, number, f"the link {target} leads nowhere")
            elif anchor and anchor not in anchors(aim.read_text(encoding="utf-8")):
                findings.add(path, number, f"{name or 'this file'} has no heading for #{anchor}")
    findings.finish(f"{count} links")


if __name__ == "__main__":
    main()
