#!/usr/bin/env python3
"""Holds `countersign inspect` against what a folder of filled forms really holds.

    tests/tools/fillers.py PROGRAM HOME FOLDER [GROUP,GROUP...] [--decide TIME]

FOLDER is what the harness of form-filling programs wrote: its manifest.jsonl says for each file what its objects hold
(`in_file`). For each form of the groups, every field must be read with just that value. Findings are printed beside it: an
honest program's form should have none. Ends with the counts; exit code 1 when a value was misread.

With --decide, each form whose objects hold just what was asked for is also decided as of TIME, in a dry run over the home that
issued its blank, and must be accepted.
"""
import json
import subprocess
import sys
from pathlib import Path

arguments = sys.argv[1:]
now = None
if "--decide" in arguments:
    at = arguments.index("--decide")
    now = arguments[at + 1]
    del arguments[at : at + 2]
program, home, folder = arguments[0], arguments[1], Path(arguments[2])
groups = arguments[3].split(",") if len(arguments) > 3 else ["acroform", "encoding", "emulated"]


def text(value):
    """The harness's value as the program prints it."""
    if value is None or value is False:
        return ""
    if value is True:
        return "Yes"
    if isinstance(value, list):
        return "\n".join(text(it) for it in value)
    return "" if value == "Off" else str(value)




def decision(path):
    """How a dry run ends for one file, with the reasons."""
    command = [program, "--home", home, "--now", now, "ingest", "--dry-run", "--json", str(path)]
    summary = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ending = next(it for it in ("accepted", "rejected", "held", "duplicate", "ignored") if summary[it])
    return ending, sorted(summary["reasons"])


right = misread = fields = held = decided = accepted = 0
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
    if now and not row["deviations"] and not row["refused"]:
        ending, reasons = decision(path)
        decided += 1
        accepted += ending == "accepted"
        if ending != "accepted":
            print(f"          NOT ACCEPTED: {ending} {reasons}")
print(f"{right + misread} forms, {fields} fields: {right} read right, {misread} misread; {held} with findings")
if now:
    print(f"{decided} of them hold just what was asked for: {accepted} accepted")
sys.exit(misread > 0 or accepted < decided)
