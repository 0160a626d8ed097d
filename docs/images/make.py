#!/usr/bin/env python3
"""Makes the pictures of forms in this folder anew: blanks of every template and language, and correction forms.

    docs/images/make.py PROGRAM

Needs pymupdf. The pictures of reports and of the terminal are screenshots, and are made by hand.
"""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pymupdf

PROGRAM, HERE = Path(sys.argv[1]).resolve(), Path(__file__).resolve().parent
TEMPLATES = HERE.parent.parent / "templates"
NOW, NUMBER = "2026-03-04T09:00:00Z", "A-1001101"
ACCOUNTS = f"""number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin
{NUMBER},Henley Dental Group,active,billing@henleydental.example,Margaret,Henley,margaret@henleydental.example,+1 555 010 0142,719305
"""
# What the customer of the correction form wrote; a tick for True.
WRITTEN = {
    "signer.first_name": "Margaret",
    "signer.last_name": "Henley",
    "signer.title": "Practice owner",
    "signer.email": "margaret at henleydental",
    "signer.phone": "+1 555 010 0142",
    "signer.security_pin": "719305",
    "signer.is_owner": True,
    "add.1.first_name": "Robert",
    "add.1.last_name": "Ellison",
    "add.1.email": "rob@henleydental.example",
    "add.1.role": "IT",
    "add.1.pin": "1234",
    "consent.full_privileges": True,
    "signature.typed_name": "Margaret Henley",
}


def run(home, *command):
    done = subprocess.run(
        [str(it) for it in (PROGRAM, "--home", home, "--now", NOW, *command)], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{command}: {done.stderr}")
    return done.stdout


def picture(pdf, name, page=0):
    pymupdf.open(pdf)[page].get_pixmap(dpi=100).save(HERE / f"{name}.png")


with tempfile.TemporaryDirectory() as work:
    work = Path(work)
    home = work / "home"
    run(home, "init")
    settings = home / "countersign.toml"
    settings.write_text('pin_cost = "cheap-for-tests"\n' + settings.read_text())
    fernhill = TEMPLATES / "fernhill-telecom"
    text = (fernhill / "fernhill-authorized-user.toml").read_text()
    (home / "templates/fernhill.toml").write_text(text.replace("../fonts/", "fonts/"))
    shutil.copy(fernhill / "fernhill.png", home / "templates")
    (work / "accounts.csv").write_text(ACCOUNTS)
    run(home, "account", "import", work / "accounts.csv")
    (work / "returned").mkdir()
    for language, name in (("en", "form"), ("es", "form-es"), ("fr", "form-fr"), ("de", "form-de"), ("ja", "form-ja")):
        run(home, "blank", "--account", NUMBER, "--language", language, "-o", work / name)
        picture(next((work / name).glob("*.pdf")), name)
        form = pymupdf.open(next((work / name).glob("*.pdf")))
        for box in (box for page in form for box in page.widgets()):
            if box.field_name in WRITTEN:
                box.field_value = WRITTEN[box.field_name]
                box.update()
        form.save(work / f"returned/{name}.pdf")
    run(home, "blank", "--account", NUMBER, "--template", "fernhill-authorized-user", "-o", work / "fernhill")
    picture(next((work / "fernhill").glob("*.pdf")), "form-fernhill")
    run(home, "ingest", work / "returned")
    rows = next((home / "reports").glob("*/rejected.jsonl")).read_text(encoding="utf-8-sig").splitlines()
    for row in map(json.loads, rows):
        if row["source_file"] in ("form.pdf", "form-de.pdf"):
            made = json.loads(run(home, "correction", "--submission", row["submission_id"], "-o", work, "--json"))
            name = row["source_file"].removesuffix(".pdf").replace("form", "correction")
            picture(made["file"], name)
            if name == "correction":
                picture(made["file"], f"{name}-2", page=1)
