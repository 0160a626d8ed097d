#!/usr/bin/env python3
"""Holds `countersign inspect` against what a folder of filled forms really holds.

    tests/tools/fillers.py PROGRAM HOME FOLDER [GROUP,GROUP...]

FOLDER is what the harness of form-filling programs wrote: its manifest.jsonl says for each file what its objects hold
(`in_file`). For each form of the groups, every field must be read with just that value. Findings are printed beside it: an
honest program's form should have none. Ends with the counts; exit code 1 when a value was misread.
"""
import json
import subprocess
import sys
from pathlib import Path

program, home, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
groups = sys.argv[4].split(",") if len(sys.argv) > 4 else ["acroform", "encoding", "emulated"]


def text(value):
    """The harness's value as the program prints it."""
    if value is None or value is False:
        return ""
    if value is True:
        return "Yes"
    if isinstance(value, list):
        return "\n".join(text(it) for it in value)
    return "" if value == "Off" else str(value)


right = misread = fields = held = 0
for line in (folder / "manifest.jsonl").read_text().splitlines():
    row = json.loads(line)
    if row["group"] not in groups or row["status"] != "ok" or not row["kind"].startswith("acroform"):
        continue
    path = folder / row["file"]
    command = [program, "--home", home, "inspect", "--json", "--reveal-pins", str(path)]
    reading = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    expected = {name: text(value) for name, value in (row["in_file"] or {}).items()}
    found = {name: text(it["value"]) for name, it in reading["fields"].items()}
    wrong = {name: (found.get(name, ""), value) for name, value in expected.items() if found.get(name, "") != value}
    wrong |= {name: (value, "") for name, value in found.items() if value and name not in expected}
    fields += len(expected)
    right += not wrong
    misread += bool(wrong)
    held += bool(reading["findings"])
    notes = sorted({(it["code"], it.get("field", ""), it.get("detail", "")) for it in reading["findings"]})
    print(f'{"MISREAD" if wrong else "right":8}{row["client"]:32}{row.get("mode") or ""}')
    for name, (got, want) in sorted(wrong.items())[:6]:
        print(f"          {name}: {got!r}, not {want!r}")
    for code, field, detail in notes[:6]:
        print(f"          {code} {field} {detail}")
print(f"{right + misread} forms, {fields} fields: {right} read right, {misread} misread; {held} with findings")
sys.exit(misread > 0)
