#!/usr/bin/env python3
"""Checks that what runs Heliograph in containers holds together: compose.yaml, the Dockerfile, Grafana's provisioning
and dashboards, and the config that they run.

Usage: deployment.py ROOT
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import tree
import yaml

COMPOSE = Path("compose.yaml")
DOCKERFILE = Path("deploy/Dockerfile")
CONFIG = Path("configs/hoymiles-bridge.toml")
PROVISIONING = Path("deploy/grafana/provisioning")
DASHBOARDS = Path("deploy/grafana/dashboards")
SCHEMA = Path("inputs/hoymiles_dtu/README.md")

VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(:?[-?])?")
SECRET = re.compile(r"(PASSWORD|TOKEN|SECRET)$")
# What the image itself sets, so that compose.yaml need not.
SET_BY_IMAGE = {"HELIOGRAPH_STATE"}
# The panels that people who come from hoymiles-bridge have.
WANTED_PANELS = {"Power now", "Production by hour", "Production by day", "Temperature by inverter", "Ports compared",
                 "Age of the data", "Inverters with an alarm"}
# Words of SQL that are no names of columns.
SQL_WORDS = set("""
    select from where and or not null nulls last is as by group order asc desc with over partition on join
    sum min max avg count coalesce lag case when then else end interval distinct greatest now concat minutes days
    date_bin_wallclock tz selector_last value to_unixtime
""".split())


def check_compose(root, findings):
    compose = yaml.safe_load(tree.read(root, COMPOSE))
    services = compose["services"]

    def add(message):
        findings.add(COMPOSE, 1, message)

    for wanted in ("heliograph", "postgres", "influxdb", "grafana"):
        if wanted not in services:
            add(f"has no service {wanted}")
    for name, service in services.items():
        for secret in service.get("secrets", []):
            if secret not in compose["secrets"]:
                add(f"{name} wants the secret {secret}, which is not declared")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                if not (root / source).exists():
                    add(f"{name} mounts {source}, which does not exist")
            elif source not in compose["volumes"]:
                add(f"{name} mounts the volume {source}, which is not declared")
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy" and "healthcheck" not in services.get(other, {}):
                add(f"{name} waits until {other} is healthy, which has no health check")
        if "build" in service and not (root / service["build"]["dockerfile"]).is_file():
            add(f"{name} is built from {service['build']['dockerfile']}, which does not exist")
        if "build" not in service and not re.search(r":(?!latest)[\w.-]+$", service["image"]):
            add(f"{name} has an image of no certain version")
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable) and not variable.endswith("_FILE"):
                add(f"{name} is given {variable}; secrets come as files")
            if variable.endswith("_FILE") and value.removeprefix("/run/secrets/") not in service["secrets"]:
                add(f"{name}: {variable} names no secret of this service")
    for name, secret in compose["secrets"].items():
        made = Path(secret["file"]).name
        if f"write {made} " not in tree.read(root, Path("deploy/make-secrets")):
            add(f"the secret {name} is in {made}, which deploy/make-secrets does not make")
        if not secret["file"].startswith("./deploy/secrets/"):
            add(f"the secret {name} is not in deploy/secrets, which is kept out of the image and the repository")
    for path in (Path(".dockerignore"), Path(".gitignore")):
        if not {"deploy/secrets", "/deploy/secrets/"} & set(tree.read(root, path).splitlines()):
            findings.add(path, 1, "does not name deploy/secrets")

    given = set(services["heliograph"]["environment"])
    wanted = {name for name, _ in VARIABLE.findall(tree.read(root, CONFIG))} - SET_BY_IMAGE
    for name in sorted(wanted - given - {variable.removesuffix("_FILE") for variable in given}):
        add(f"heliograph is not given {name}, which {CONFIG} reads")
    return services


def check_secrets(root, findings):
    """Runs make-secrets beside an .env with a password and a token, twice."""
    script = Path("deploy/make-secrets")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "deploy").mkdir()
        shutil.copy(root / script, place / script)
        (place / ".env").write_text('DB_PASSWORD="sun # moon"  # ours\nINFLUXDB_TOKEN=apiv3_x # theirs\n', "utf-8")
        made = [subprocess.run(["bash", str(place / script)], capture_output=True, check=False) for _ in range(2)]
        secrets = {file.name: file.read_text("utf-8") for file in (place / "deploy/secrets").glob("*")}
    if any(run.returncode for run in made) or b"sun" in b"".join(run.stdout + run.stderr for run in made):
        findings.add(script, 1, "fails, or tells a secret")
    if secrets.get("db_password") != "sun # moon" or secrets.get("influxdb_token") != "apiv3_x":
        findings.add(script, 1, "does not take over what .env has")
    if json.loads(secrets.get("influxdb_admin_token.json", "{}")).get("token") != "apiv3_x":
        findings.add(script, 1, "gives InfluxDB another token than its clients")
    if len(secrets.get("grafana_password", "")) < 40:
        findings.add(script, 1, "makes a short password")


def check_dockerfile(root, findings):
    text = tree.read(root, DOCKERFILE).replace("\\\n", " ")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words[:1] == ["COPY"] and not words[1].startswith("--"):
            for source in words[1:-1]:
                if not (root / source).exists():
                    findings.add(DOCKERFILE, number, f"copies {source}, which does not exist")
    if not re.search(r"^USER (?!root|0\b)\w", text, re.M):
        findings.add(DOCKERFILE, 1, "runs as root")
    for name in SET_BY_IMAGE:
        if not re.search(rf"^ENV {name}=", text, re.M):
            findings.add(DOCKERFILE, 1, f"does not set {name}")


def schema_of_the_input(root):
    """Measurement -> names of its tags and fields, as the README of the input has them."""
    schema = {}
    columns = set()
    for line in tree.read(root, SCHEMA).splitlines():
        if heading := re.match(r"`(\w+)`, tags ", line):
            columns = schema.setdefault(heading[1], {"time"})
            columns.update(re.findall(r"`(\w+)`", line)[1:])
        elif line.startswith("| `") and schema:
            columns.update(re.findall(r"`(\w+)`", line.split("|")[1]))
        elif line.startswith("## ") and schema:
            break
    return schema


def check_names(sql, schema):
    """The words of a query that are no name of a column that its measurements have."""
    text = re.sub(r"'[^']*'", "", re.sub(r"\$__\w+\(time\)", "time", sql))
    measurements = {word for word in re.findall(r"FROM (\w+)", text) if word in schema}
    known = set().union(SQL_WORDS, measurements, *(schema[name] for name in measurements))
    known.update(re.findall(r"\bAS (\w+)", text), re.findall(r"(\w+) AS \(", text))
    return sorted({word for word in re.findall(r"[A-Za-z_]\w*", text) if word not in known and
                   word.lower() not in known}) if measurements else ["no measurement"]


def check_dashboards(root, findings):
    sources = {}
    for path in sorted((root / PROVISIONING / "datasources").glob("*.yaml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["datasources"]:
            sources[source["uid"]] = source
    schema = schema_of_the_input(root)
    uids = set()
    count = 0
    for file in sorted((root / DASHBOARDS).glob("*.json")):
        path = file.relative_to(root)
        dashboard = json.loads(file.read_text(encoding="utf-8"))
        count += 1
        if dashboard["uid"] in uids or not re.fullmatch(r"[a-z][a-z0-9-]{3,39}", dashboard["uid"]):
            findings.add(path, 1, f"the uid {dashboard['uid']} is taken, or no uid")
        uids.add(dashboard["uid"])
        if missing := WANTED_PANELS - {panel["title"] for panel in dashboard["panels"]}:
            findings.add(path, 1, f"has no panel {', '.join(sorted(missing))}")
        if len({panel["id"] for panel in dashboard["panels"]}) != len(dashboard["panels"]):
            findings.add(path, 1, "two panels have one id")
        for panel in dashboard["panels"]:
            for target in [panel, *panel["targets"]]:
                source = sources.get(target["datasource"]["uid"])
                if not source or source["type"] != target["datasource"]["type"]:
                    findings.add(path, 1, f"{panel['title']}: its data source is not provisioned")
            if panel["datasource"]["type"] == "influxdb":
                for target in panel["targets"]:
                    for name in check_names(target["rawSql"], schema):
                        findings.add(path, 1, f"{panel['title']}: {name} is nothing that the input emits")
    if count < 2:
        findings.add(DASHBOARDS, 1, "there is one dashboard for each database")
    return count


def check_provisioning(root, services, findings):
    grafana = services["grafana"]
    for path in sorted((root / PROVISIONING).rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"\$__env\{(\w+)\}", text):
            if name not in grafana["environment"]:
                findings.add(path.relative_to(root), 1, f"reads {name}, which compose.yaml does not give Grafana")
        for name in re.findall(r"\$__file\{/run/secrets/(\w+)\}", text):
            if name not in grafana["secrets"]:
                findings.add(path.relative_to(root), 1, f"reads the secret {name}, which Grafana does not have")
    folders = {volume.split(":")[1] for volume in grafana["volumes"]}
    for path in sorted((root / PROVISIONING / "dashboards").glob("*.yaml")):
        for provider in yaml.safe_load(path.read_text(encoding="utf-8"))["providers"]:
            if provider["options"]["path"] not in folders:
                findings.add(path.relative_to(root), 1, "names a folder that compose.yaml does not mount")


def main():
    root = Path(sys.argv[1]).resolve()
    findings = tree.Findings("deployment")
    services = check_compose(root, findings)
    check_secrets(root, findings)
    check_dockerfile(root, findings)
    check_provisioning(root, services, findings)
    dashboards = check_dashboards(root, findings)
    findings.finish(f"{len(services)} services, {dashboards} dashboards")


if __name__ == "__main__":
    main()
