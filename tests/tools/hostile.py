#!/usr/bin/env python3
"""Holds the program against a folder of labelled hostile forms, made from one of our own filled blanks.

    tests/tools/hostile.py PROGRAM HOME FOLDER TIME [PATTERN]

Each file of manifest.jsonl is decided alone, as of TIME, in a dry run over the home that issued the blank. Forms labelled
must_read_as must be accepted, must_reject and must_flag must not be, must_not_crash may end either way; no file may crash a run,
hang it or take more than its bounds. Ends with the counts; exit code 1 when a form was accepted that must not be, or the like.

The labels are those of a form in general; where ours differs, KNOWN says why.
"""
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

KNOWN = {
    "C56_comment_hides_token.pdf": "read right, but `100% Dana` is no name",
    "F02_pin_8_digits_leading_zero.pdf": "read right, but not this account's PIN",
    "F15_replay_reserialized.pdf": "a replay only beside its original: in one run it is DUPLICATE_REQUEST",
    "F16_replay_edited_user.pdf": "a replay only beside its original: in one run it is DUPLICATE_INSTANCE",
    "F17_replay_appended_byte.pdf": "a replay only beside its original: in one run it is DUPLICATE_REQUEST",
    "F20_email_case_confusable_l1.pdf": "an address is no proof of anything: it is only kept",
    "F30_name_chinese.pdf": "read right; held because the last name of the same person is in Latin letters",
    "F30_name_arabic_true.pdf": "read right; held because the last name of the same person is in Latin letters",
    "F30_name_same_as_holder_nbsp.pdf": "a no-break space is a space: nobody on our account has this name",
}

program, home, folder, now = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]
pattern = re.compile(sys.argv[5] if len(sys.argv) > 5 else "")
WALL_SECONDS = 60


def decide(path):
    """How a dry run ends for one file, with the reasons; and how long it took."""
    command = [program, "--home", home, "--now", now, "ingest", "--dry-run", "--json", "--threads", "1", str(path)]
    start = time.monotonic()
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        return "HANG", [], WALL_SECONDS
    seconds = time.monotonic() - start
    if ended.returncode not in (0, 1):
        return "CRASH", [str(ended.returncode), ended.stderr[-200:]], seconds
    summary = json.loads(ended.stdout)
    ending = next(it for it in ("accepted", "rejected", "held", "duplicate", "ignored") if summary[it])
    return ending, sorted(summary["reasons"]), seconds


counts, wrong = Counter(), 0
for line in (folder / "manifest.jsonl").read_text().splitlines():
    row = json.loads(line)
    if not pattern.search(row["file"]):
        continue
    ending, reasons, seconds = decide(folder / row["file"])
    is_bad = {
        "must_read_as": ending != "accepted",
        "must_reject": ending in ("accepted", "CRASH", "HANG"),
        "must_flag": ending in ("accepted", "CRASH", "HANG"),
        "must_not_crash": ending in ("CRASH", "HANG"),
    }[row["outcome"]]
    counts[row["outcome"], ending] += 1
    known = KNOWN.get(row["file"])
    if is_bad and known and ending not in ("CRASH", "HANG"):
        print(f'{"known":6}{row["file"]:44}{ending:10}{known}')
        continue
    wrong += is_bad
    if is_bad or seconds > 5:
        print(f'{"WRONG" if is_bad else "slow":6}{row["file"]:44}{row["outcome"]:16}{ending:10}{seconds:6.1f} s  {" ".join(reasons)}  | {row["attacks"][:90]}')
for (outcome, ending), number in sorted(counts.items()):
    print(f"{outcome:16}{ending:10}{number:5}")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(f"{sum(counts.values())} hostile forms, {wrong} ended wrongly; largest process {peak} MiB")
sys.exit(wrong > 0)
