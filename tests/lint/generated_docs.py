#!/usr/bin/env python3
"""Keeps the generated parts of the Markdown files true. They stand between two markers:

    <!-- generated: options -->        in a plugin's README, as metrics too: the part of this name in what
                                       `heliograph plugins TYPE --format markdown` prints
    <!-- generated: file PATH -->      anywhere: a file of the tree, as a block of code
    <!-- end generated -->

Usage: generated_docs.py --check|--write [--program HELIOGRAPH] ROOT

Without a program the parts that it makes are left alone. Also checked: that docs/configuration.md has every option of
the agent and of the kinds of node.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import tree

PART = re.compile(r"(<!-- generated: (\w+)(?: (\S+))? -->\n)(.*?)(<!-- end generated -->)", re.DOTALL)
LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".toml": "toml", ".txt": "cmake"}


def from_program(program, path, part):
    plugin = path.parent.name
    printed = subprocess.run([program, "plugins", plugin, "--format", "markdown"], capture_output=True, text=True,
                             timeout=60, check=False)
    if printed.returncode != 0:
        raise ValueError(f"heliograph plugins {plugin} failed: {printed.stderr.strip()}")
    made = {name: text for _, name, _, text, _ in PART.findall(printed.stdout)}
    if part not in made:
        raise ValueError(f"heliograph plugins {plugin} prints no part `{part}`")
    return made[part]


def from_file(root, name):
    text = tree.read(root, name).strip()
    return f"```{LANGUAGES.get(Path(name).suffix, '')}\n{text}\n```\n"


def rewrite(root, path, text, program):
    """The text with its generated parts made anew."""

    def make(match):
        opening, what, argument, old, closing = match.groups()
        if what == "file":
            new = from_file(root, argument)
        elif what in ("options", "metrics") and path.parts[0] in tree.PLUGIN_FOLDERS:
            new = from_program(program, path, what) if program else old
        else:
            raise ValueError(f"there is no generated part `{what}` here")
        return opening + new + closing

    return PART.sub(make, text)


def check_settings(root, findings):
    page = Path("docs/configuration.md")
    rows = [line for line in tree.read(root, page).splitlines() if line.startswith("|")]
    documented = {name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    for name in re.findall(r'option<&\w+::\w+>\(\s*"(\w+)"', tree.read(root, Path("core/runtime/settings.hpp"))):
        if name not in documented:
            findings.add(page, 1, f"the option `{name}` of core/runtime/settings.hpp is not in any table")


def main():
    arguments = argparse.ArgumentParser()
    mode = arguments.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true")
    mode.add_argument("--write", action="store_true")
    arguments.add_argument("--program")
    arguments.add_argument("root", type=Path)
    given = arguments.parse_args()

    root = given.root.resolve()
    findings = tree.Findings("generated_docs")
    count = 0
    for path in tree.files(root):
        if path.suffix != ".md":
            continue
        text = tree.read(root, path)
        count += len(PART.findall(text))
        try:
            new = rewrite(root, path, text, given.program)
        except (ValueError, OSError, subprocess.TimeoutExpired) as error:
            findings.add(path, 1, str(error))
            continue
        if new != text and given.write:
            (root / path).write_text(new, encoding="utf-8")
            print(f"wrote {path}")
        elif new != text:
            findings.add(path, 1, "its generated parts are stale; run scripts/update-docs")
    for kind, plugin in tree.plugin_types(root):
        readme = Path(kind) / plugin / "README.md"
        if not (root / readme).exists():
            findings.add(readme, 1, "every plugin has a README")
        elif "<!-- generated: options -->" not in tree.read(root, readme):
            findings.add(readme, 1, "has no generated options; put the markers below its heading Options")
    check_settings(root, findings)
    findings.finish(f"{count} parts")


if __name__ == "__main__":
    sys.exit(main())
