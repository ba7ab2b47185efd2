#!/usr/bin/env python3
"""Checks who includes whom: data and dependencies go one way, and outside libraries stay in their rooms.

Usage: include_rules.py ROOT
"""

import re
import sys
from pathlib import Path

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# What a room of the core may include besides itself, the SDK and plugins/common. No circles.
CORE_ROOMS = {
    "observe": set(),
    "config": set(),
    "loader": set(),
    "delivery": {"observe"},
    "graph": {"config", "loader"},
    "runtime": {"delivery", "observe", "config", "graph", "loader"},
    "app": {"runtime", "delivery", "observe", "config", "graph", "loader"},
}

# Outside libraries: what their includes look like, and the only places that may see them.
LIBRARIES = [
    ("Boost.DLL", re.compile(r"^boost/dll"), ("core/loader/",)),
    ("Boost.Program_options", re.compile(r"^boost/program_options"), ("core/app/", "tools/", "bench/")),
    ("Boost.Asio and Beast", re.compile(r"^boost/(asio|beast)"), ("inputs/", "outputs/", "plugins/common/", "plugins/testkit/", "tools/", "tests/", "bench/")),
    ("libcurl", re.compile(r"^curl/"), ("plugins/common/http/", "bench/")),
    ("libdeflate", re.compile(r"^libdeflate"), ("plugins/common/http/", "core/delivery/checksum.cpp", "plugins/testkit/", "tests/", "bench/")),
    ("OpenSSL", re.compile(r"^openssl/"), ("plugins/testkit/", "tests/")),
    ("simdjson", re.compile(r"^simdjson"), ("core/config/json.cpp", "outputs/influxdb_v3/", "tests/")),
    ("toml++", re.compile(r"^toml\+\+"), ("core/config/toml.cpp",)),
    ("SQLite", re.compile(r"^sqlite3"), ("outputs/sql/", "tests/", "bench/")),
    ("libpq", re.compile(r"^libpq|^postgresql/"), ("outputs/sql/", "tests/", "bench/")),
    ("libmariadb", re.compile(r"^(mariadb/)?mysql"), ("outputs/sql/", "tests/", "bench/")),
    ("UDUNITS-2", re.compile(r"^udunits"), ("processors/convert_units/",)),
    ("protobuf", re.compile(r"^google/protobuf"), ("inputs/hoymiles_dtu/",)),
    ("Catch2", re.compile(r"^catch2/"), ("tests/",)),
]


def wrong_reason(path, name, quoted):
    """Why the file at `path` may not include `name`; None when it may."""
    place = path.as_posix()
    parts = path.parts
    for library, pattern, allowed in LIBRARIES:
        if pattern.search(name):
            if not place.startswith(allowed):
                return f"{library} is for {', '.join(allowed)} only"
            return None
    if not quoted:
        if name.startswith("boost/") and parts[0] in ("plugins",) and parts[1] in ("abi", "sdk"):
            return "the door and the SDK need nothing but the standard library"
        if name.startswith("heliograph/") and name != "heliograph/abi.h" and parts[:2] == ("plugins", "abi"):
            return "the door includes nothing of the SDK"
        return None
    if parts[0] in ("tests", "bench"):
        return None  # they look at everything
    if "/" not in name:
        return "own headers are included by their path from the root"
    target = Path(name).parts
    if parts[:2] in (("plugins", "abi"), ("plugins", "sdk")) or parts[0] == "examples":
        return "only <heliograph/...> and the standard library may be included here"
    if parts[:2] == ("plugins", "common"):
        return None if target[:2] == ("plugins", "common") else "plugins/common includes only itself and the SDK"
    if parts[:2] == ("plugins", "testkit"):
        return None if target[0] == "plugins" else "the testkit includes only what is in plugins/"
    if parts[0] in tree.PLUGIN_FOLDERS:
        if target[:2] == parts[:2] or target[:2] == ("plugins", "common"):
            return None
        return "a plugin includes only itself, plugins/common and the SDK"
    if parts[0] == "core":
        return wrong_in_core(parts, target)
    if parts[0] == "tools":
        if target[:2] == parts[:2] or target[:2] == ("plugins", "common"):
            return None
        return "a tool includes only itself and plugins/common"
    return None


def wrong_in_core(parts, target):
    room = parts[1]
    if room not in CORE_ROOMS:
        return f"core/{room} is not in the list of rooms; add it to tests/lint/include_rules.py"
    if target[:2] == ("plugins", "common"):
        return None
    if target[0] != "core":
        return "the core includes only itself, plugins/common and the SDK"
    if target[1] == room or target[1] in CORE_ROOMS[room]:
        return None
    allowed = ", ".join(sorted(CORE_ROOMS[room])) or "no other room"
    return f"core/{room} may include {allowed}"


def words_of_plugins(root):
    """Patterns that show that the core names a plugin."""
    patterns = []
    for kind, name in tree.plugin_types(root):
        # A type that is a common word counts only as a literal of its own; any other one counts anywhere.
        text = rf"\b{name}\b" if "_" in name else rf'(?<!\\)"{name}"'
        patterns.append((f"{kind}/{name}", re.compile(text)))
    patterns += [(word, re.compile(word, re.IGNORECASE)) for word in ("hoymiles", "sqlite", "influx", "modbus")]
    return patterns


def main():
    root = Path(sys.argv[1]).resolve()
    findings = tree.Findings("include_rules")
    named = words_of_plugins(root)
    sources = tree.sources(root)
    for path in sources:
        for number, line in enumerate(tree.read(root, path).splitlines(), 1):
            if match := INCLUDE.match(line):
                reason = wrong_reason(path, match[2], match[1] == '"')
                if reason:
                    findings.add(path, number, f"includes {match[2]}: {reason}")
            if path.parts[0] == "core":
                for what, pattern in named:
                    if pattern.search(line):
                        findings.add(path, number, f"the core names a plugin or its subject ({what})")
    findings.finish(f"{len(sources)} files")


if __name__ == "__main__":
    main()
