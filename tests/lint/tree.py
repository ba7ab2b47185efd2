"""What the lints share: which files are ours, and how a finding is reported."""

import os
import sys
from pathlib import Path

SOURCE_ENDINGS = {".hpp", ".cpp", ".h"}
SOURCE_FOLDERS = ("bench", "core", "examples", "inputs", "outputs", "plugins", "processors", "tests", "tools")
PLUGIN_FOLDERS = ("inputs", "processors", "outputs")
SKIPPED_FOLDERS = {"build", ".git", ".cache", "__pycache__", "corpus"}


def files(root, folders=None):
    """All files below the root, or below some of its folders, as paths relative to it; sorted."""
    found = []
    for start in [root / folder for folder in folders] if folders else [root]:
        for folder, subfolders, names in os.walk(start):
            subfolders[:] = [name for name in subfolders if name not in SKIPPED_FOLDERS]
            found += [(Path(folder) / name).relative_to(root) for name in names]
    return sorted(found)


def sources(root):
    """The C and C++ files of the tree."""
    return [path for path in files(root, SOURCE_FOLDERS) if path.suffix in SOURCE_ENDINGS]


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


def plugin_types(root):
    """(folder of the kind, type) of every plugin in the tree."""
    return [(kind, folder.name) for kind in PLUGIN_FOLDERS for folder in sorted((root / kind).iterdir())
            if folder.is_dir()]


class Findings:
    """Gathers what is wrong, so that everything is reported at once."""

    def __init__(self, lint):
        self.lint = lint
        self.lines = []

    def add(self, path, line, message):
        self.lines.append(f"{path}:{line}: {message}")

    def finish(self, summary):
        """Prints the findings and ends the process: 1 when there are any."""
        for line in self.lines:
            print(line)
        print(f"{self.lint}: {summary}, {len(self.lines) or 'no'} finding{'s' * (len(self.lines) != 1)}")
        sys.exit(1 if self.lines else 0)
