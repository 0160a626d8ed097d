#!/usr/bin/env python3
"""Holds `countersign inspect` against forms whose values stand on the page: flattened, printed, annotated, typed over, scanned.

    tests/tools/papers.py PROGRAM HOME FOLDER

FOLDER is what the harness of form-filling programs wrote: its manifest.jsonl says for each file what was asked for (`expected`),
and where a page shows something else (`visible`), because a program lacks a letter. A value counts as read when it is what was
asked for, as shown when it is what the page shows in its place, as told when it is neither but a finding names its field. Prints a
table, ready for docs/reading-notes.md. Exit code 1 when a value is wrong and nothing says so, or a scan is taken for something else.
"""
import json
import subprocess
import sys
from pathlib import Path

program, home, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
PAGES = {"flattened-vector", "freetext-annotations", "page-content-overlay"}


def text(value):
    """The harness's value as the program prints it."""
    if value in (None, False, "Off"):
        return ""
    return "Yes" if value is True else str(value)


def inspect(path):
    command = [program, "--home", home, "inspect", "--json", "--reveal-pins", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def plain(value):
    return "".join(value.split())


totals, scans, bad = [0, 0, 0, 0, 0], [0, 0], False
visible = visible_read = 0
print("| form | values | read | shown | told | neither |\n| --- | --: | --: | --: | --: | --: |")
for line in (folder / "manifest.jsonl").read_text().splitlines():
    row = json.loads(line)
    if row["status"] != "ok":
        continue
    if "scan" in row["kind"] and "acroform" not in row["kind"]:
        codes = {it["code"] for it in inspect(folder / row["file"])["findings"]}
        is_recognised = bool(codes & {"FORM_IMAGE_ONLY", "UNSUPPORTED_TYPE"})
        scans[0] += is_recognised
        scans[1] += 1
        bad |= not is_recognised
        continue
    if row["kind"] not in PAGES or row["group"] == "container":  # several forms in one file
        continue
    reading = inspect(folder / row["file"])
    found = {name: text(it["value"]) for name, it in reading["fields"].items()}
    named = {it.get("field") for it in reading["findings"]}
    is_unread = not found and reading["findings"]
    shown = (row.get("visible") or {}).get("not_visible_as_intended") or {}
    counts = [0, 0, 0, 0, 0]
    for name, value in row["expected"].items():
        value = text(value)
        if not value:
            continue
        got = found.get(name, "")
        counts[0] += 1
        if name not in shown:
            visible += 1
            visible_read += got == value
        if got == value:
            counts[1] += 1
        elif name in shown and plain(got) == plain(text(shown[name])):
            counts[2] += 1
        elif name in named or is_unread:
            counts[3] += 1
        else:
            counts[4] += 1
            print(f"  {row['client']} {name}: {got!r}, not {value!r}", file=sys.stderr)
    totals = [a + b for a, b in zip(totals, counts)]
    bad |= counts[4] > 0
    print(f"| {row['client']} | " + " | ".join(map(str, counts)) + " |")
print("| all | " + " | ".join(map(str, totals)) + " |")
print(f"{visible_read} of {visible} values that their pages show as they were meant are read")
print(f"{scans[0]} of {scans[1]} scans and photos recognised as such")
sys.exit(bad)
