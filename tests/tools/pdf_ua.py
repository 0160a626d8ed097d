#!/usr/bin/env python3
"""Has other people's checkers look at blanks of every template: PDF/UA-1 (ISO 14289-1) as far as `pdfua` and `outloud` check it.

    tests/tools/pdf_ua.py PROGRAM BIN

BIN is the folder of a Python environment that has pdfua 0.1.3 and outloud 0.2.1. For every template and every language that a new
home has, and for every folder under templates/ that has templates of its own, a generic blank, a bound one and a correction
form are made and checked, also by `qpdf --check` where that is installed. Prints a line for each blank and a sum; exit code 1 when any of them has
an error or a warning. What neither checker looks at is in crates/forms/tests/accessibility.rs; docs/pdf-ua.md has the whole list.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NOW = "2026-03-04T09:00:00Z"
NUMBER = "A-1001101"
# A name with letters that WinAnsiEncoding lacks: its picture has a font of its own.
ACCOUNTS = f"""number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin
{NUMBER},Café Łódź & Söhne,active,office@cafe.example,Amélie,Rousseau,amelie@cafe.example,+1 555 010 0177,482613
"""
SKIPPED = [
    "TBL-012",  # "mostly empty cells": the cells of our tables hold boxes, which it does not count as content
    "LNK-010",  # wants a link over the printed address: annotations beside the boxes are what our reader takes for tampering
    "TAG-003",  # takes printed values of boxes for untagged text; asked apart, of a copy of the blank without those
]
WITHOUT_VALUES = """
import sys, pymupdf
for path, copy in zip(sys.argv[1::2], sys.argv[2::2]):
    document = pymupdf.open(path)
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "FT")[1] == "/Tx":
            for key in ("AP", "V"):  # a value without a picture is painted by the checker's own reader
                document.xref_set_key(xref, key, "null")
    document.save(copy)
"""


def run(*command):
    done = subprocess.run([str(it) for it in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")


def new_home(program, home, folder=None):
    """A home with one account; with the templates of `folder` instead of its own, where there is one."""
    run(program, "--home", home, "--now", NOW, "init")
    settings = home / "countersign.toml"
    settings.write_text('pin_cost = "cheap-for-tests"\n' + settings.read_text())
    if folder:
        shutil.rmtree(home / "templates")
        shutil.copytree(folder, home / "templates")
        # Fonts are named relative to the template: `fonts/…` as in a home, or `../fonts/…` as they stand in the project.
        for fonts in (home / "templates/fonts", home / "fonts"):
            if not fonts.exists():
                shutil.copytree(folder.parent / "fonts", fonts)
    accounts = home / "accounts.csv"
    accounts.write_text(ACCOUNTS)
    run(program, "--home", home, "--now", NOW, "account", "import", accounts)


def blanks_of(program, home):
    """A generic and a bound blank of every template of a home."""
    texts = [it.read_text() for it in sorted((home / "templates").glob("*.toml"))]
    ids = {re.search(r'^id\s*=\s*"([^"]+)"', it, re.M).group(1) for it in texts}
    for template in sorted(ids):
        for kind, whose in (("generic", ["--generic"]), ("bound", ["--account", NUMBER])):
            out = home / f"{template}-{kind}"
            run(program, "--home", home, "--now", NOW, "blank", *whose, "--template", template, "-o", out)
            yield f"{template} {kind}", next(out.glob("*.pdf"))


FILL = """
import sys, pymupdf
for path, copy in zip(sys.argv[1::2], sys.argv[2::2]):
    document = pymupdf.open(path)
    for page in document:
        for box in page.widgets():
            if box.field_name in ("signer.first_name", "add.1.first_name"):
                box.field_value = "Zoë"
                box.update()
    document.save(copy)
"""


def corrections_of(program, binaries, home, blanks):
    """The correction form that answers each bound blank on which little was filled in."""
    bound = [(name, path) for name, path in blanks if name.endswith("bound")]
    returned = home / "returned"
    returned.mkdir()
    copies = [returned / f"{at}.pdf" for at in range(len(bound))]
    run(binaries / "python", "-c", FILL, *(it for (_, path), copy in zip(bound, copies) for it in (path, copy)))
    run(program, "--home", home, "--now", NOW, "ingest", returned)
    lines = next((home / "reports").glob("*/rejected.jsonl")).read_text(encoding="utf-8-sig").splitlines()
    submissions = {row["source_file"]: row["submission_id"] for row in map(json.loads, lines)}
    for (name, _), copy in zip(bound, copies):
        id = submissions[copy.name]
        run(program, "--home", home, "--now", NOW, "correction", "--submission", id, "-o", home / "corrections")
        yield name.replace("bound", "correction"), home / f"corrections/correction-{id}.pdf"


def outloud(binaries, report, options, files):
    """The findings of each file, all of them in one call: starting is most of its time."""
    command = [binaries / "outloud", "--quiet", "--fail-on", "never", *options, "--json", report, *files]
    run(*command)
    results = json.loads(report.read_text())["results"]
    assert len(results) == len(files), results
    serious = lambda it: it["severity"] in ("error", "warning")
    say = lambda it: f"outloud {it['rule']}: {it['message']} [{it.get('evidence')}]"
    return [[it["error"]] * bool(it["error"]) + [say(one) for one in it["findings"] if serious(one)] for it in results]


def findings_of(command, path):
    done = subprocess.run([*map(str, command), str(path)], capture_output=True, text=True)
    return [f"{Path(command[0]).name} {done.returncode}: {done.stdout}{done.stderr}"] if done.returncode else []


def main():
    program, binaries = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).absolute()
    project = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        new_home(program, work / "home")
        blanks = list(blanks_of(program, work / "home"))
        blanks += corrections_of(program, binaries, work / "home", blanks)
        for folder in sorted({it.parent for it in project.glob("templates/*/*.toml")}):
            new_home(program, work / folder.name, folder)
            own = list(blanks_of(program, work / folder.name))
            own += corrections_of(program, binaries, work / folder.name, own)
            blanks += [(f"{folder.name}: {name}", path) for name, path in own]
        files = [path for _, path in blanks]
        copies = [work / f"{at}.pdf" for at in range(len(files))]
        pairs = [it for pair in zip(files, copies) for it in pair]
        run(binaries / "python", "-c", WITHOUT_VALUES, *pairs)
        whole = outloud(binaries, work / "whole.json", ["--skip", ",".join(SKIPPED)], files)
        printed = outloud(binaries, work / "printed.json", ["--only", "TAG-003"], copies)
        qpdf = shutil.which("qpdf")
        if not qpdf:
            print("skipped: qpdf is not installed")
        faulty = 0
        for (name, path), by_outloud, unsaid in zip(blanks, whole, printed):
            found = findings_of([binaries / "pdfua", "check"], path) + by_outloud + unsaid
            found += findings_of([qpdf, "--check"], path) if qpdf else []
            faulty += bool(found)
            print(f"{'FAULTY' if found else 'clean':8}{name}")
            for it in found:
                print(f"        {it}")
    print(f"{len(blanks)} blanks by pdfua, outloud{' and qpdf' if qpdf else ''}: {len(blanks) - faulty} clean, {faulty} faulty")
    sys.exit(faulty > 0)


main()
