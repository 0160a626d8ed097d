#!/usr/bin/env python3
"""Makes samples/returned/ and samples/issued.csv anew: our own blanks, filled in by other people's programs.

    samples/make.py PROGRAM HARNESS

PROGRAM is the built `countersign`; HARNESS is the folder of a harness that fills forms by third-party programs, set up. Each
sample below says which account's form it is, which program fills it in, what is written, and what must become of it. The
expected outcomes are written to samples/README.md between its two marks. Instance ids are new every time.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM, HARNESS = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
SAMPLES = Path(__file__).resolve().parent
RETURNED = SAMPLES / "returned"
KEY = next(it for it in (SAMPLES / "demo-vault.key").read_text().splitlines() if not it.startswith("#"))
OPENING, LONG_AGO = "2026-03-02T09:00:00Z", "2025-11-20T09:00:00Z"
ACCOUNTS = {it["number"]: it for it in csv.DictReader((SAMPLES / "accounts.csv").open(encoding="utf-8"))}


def signed(number, date, first=None, last=None, email=None, phone=None, role="owner", **more):
    """The boxes that every form has: who asks, PIN, consent, signature. Without a name, the Account Owner."""
    it = ACCOUNTS[number]
    first, last = first or it["owner_first_name"], last or it["owner_last_name"]
    values = {
        "signer.first_name": first, "signer.last_name": last,
        "signer.email": email or it["owner_email"], "signer.phone": phone or it["owner_phone"],
        "signer.security_pin": it["security_pin"],
        f"signer.is_{role}": True, "consent.full_privileges": True,
        "signature.typed_name": f"{first} {last}", "signature.date": date,
    }
    return {**values, **more}


def add(row, first, last, email, pin, role="", phone=""):
    boxes = {"first_name": first, "last_name": last, "email": email, "pin": pin, "role": role, "phone": phone}
    return {f"add.{row}.{name}": value for name, value in boxes.items() if value}


def remove(row, first, last, email=""):
    boxes = {"first_name": first, "last_name": last, "email": email}
    return {f"remove.{row}.{name}": value for name, value in boxes.items() if value}


def header(account, **other):
    """The account as the customer writes it on a generic form."""
    it = ACCOUNTS[account]
    boxes = {"number": account, "name": it["name"], "billing_email": it["billing_email"], **other}
    return {f"account.{key}": value for key, value in boxes.items()}


# file name, account of the blank (None: a generic one), program, values, outcome, primary reason, what is told
FORMS = [
    ("march-04-henley-dental", "A-1001101", "pypdf-regen",
     signed("A-1001101", "03/04/2026") | add(1, "Robert", "Ellison", "rob@henleydental.example", "5293", "accounting"),
     "accepted", "", "the owner adds a bookkeeper"),
    ("march-04-brightwater-cafe", "A-1001118", "pikepdf-form",
     signed("A-1001118", "03/04/2026") | add(1, "Noé", "Lefèvre", "noe@brightwatercafe.example", "6407", "IT")
     | add(2, "Inès", "D’Amour", "ines@brightwatercafe.example", "0825", "accounting"),
     "accepted", "", "two people, accents, a PIN that begins with 0"),
    ("march-05-nordlys-arkitekter", "A-1001126", "pdf-lib-font",
     signed("A-1001126", "03/05/2026") | add(1, "Bjørn", "Ødegård", "bjorn@nordlys.example", "7318", "IT"),
     "accepted", "", "Norwegian letters"),
    ("march-06-castellano-freight", "A-1001134", "pymupdf-full",
     signed("A-1001134", "03/06/2026", "Mateo", "Quiroga", "mateo@castellanofreight.example", "+1 555 010 0224", "authorized_user")
     | add(1, "Grace", "Adeyemi", "grace@castellanofreight.example", "8350", "accounting")
     | remove(1, "Helen", "Stroud", "helen@castellanofreight.example"),
     "accepted", "", "an Authorized User replaces a colleague"),
    ("march-06-tkaniny-lodzkie", "A-1001142", "pdftk-xfdf",
     signed("A-1001142", "03/06/2026") | add(1, "Zbigniew", "Wójcik", "zbigniew@tkaninylodzkie.example", "4917", "IT"),
     "accepted", "", "Polish letters, on a form whose account name needed a font of its own"),
    ("march-09-kestrel-analytics", "A-1001159", "pdfium-save",
     signed("A-1001159", "03/09/2026") | remove(1, "Farid", "Nassar"),
     "accepted", "", "only a removal"),
    ("march-10-okafor-builders", "A-1001167", "emu-macos-preview",
     signed("A-1001167", "03/10/2026") | add(1, "Adaeze", "Okafor", "adaeze@okaforbuilders.example", "6182", "owner's daughter"),
     "accepted", "", "saved as macOS Preview saves"),
    ("march-11-tidewater-labs", "A-1001175", "poppler-glib",
     signed("A-1001175", "03/11/2026") | add(1, "Vera", "Osei", "vera@tidewaterlabs.example", "9204", "IT", "+1 555 010 0410"),
     "accepted", "", "adds the person who signs the next form"),
    ("march-31-tidewater-labs-second-form", "A-1001175", "emu-acrobat-save",
     signed("A-1001175", "03/31/2026", "Vera", "Osei", "vera@tidewaterlabs.example", "+1 555 010 0410", "authorized_user")
     | add(1, "Luis", "Farrow", "luis@tidewaterlabs.example", "5738", "accounting"),
     "accepted", "", "signed by the person whom the form before authorized"),
    ("march-12-fenwick-pruitt-download", None, "pdfcpu",
     header("A-1001209") | signed("A-1001209", "03/12/2026", "Simon", "Pruitt", "spruitt@fenwickpruitt.example", "+1 555 010 0532", "authorized_user")
     | add(1, "Gail", "Romero", "gromero@fenwickpruitt.example", "2485", "paralegal"),
     "accepted", "", "a public download, filled in by hand throughout"),
    ("march-13-willow-creek-farms", "A-1001324", "pdfrw",
     signed("A-1001324", "03/13/2026") | add(1, "Earl", "Jennings", "earl@willowcreekfarms.example", "8164", "other"),
     "accepted", "", "a program that paints nothing and leaves that to the viewer"),
    ("march-13-larkspur-yoga", "A-1001183", "pdf-lib-default",
     {name: value for name, value in (signed("A-1001183", "03/13/2026") | add(1, "Tess", "Moreau", "tess@larkspuryoga.example", "5920")).items()
      if name != "consent.full_privileges"},
     "rejected", "CONSENT_MISSING", "the consent box was overlooked"),
    ("march-16-mesa-verde-realty", "A-1001191", "pikepdf-needapp",
     signed("A-1001191", "03/16/2026", **{"signer.security_pin": "11111"}) | add(1, "Joel", "Haskins", "joel@mesaverderealty.example", "7402"),
     "rejected", "PIN_INVALID", "a wrong Security PIN"),
    ("march-16-blue-heron-vet", "A-1001217", "pypdf-noregen",
     {name: value for name, value in (signed("A-1001217", "03/16/2026") | add(1, "Ruth", "Ekström", "ruth@blueheronvet.example", "6035")).items()
      if name != "signature.typed_name"},
     "rejected", "SIGN_MISSING", "not signed"),
    ("march-17-copper-kettle", "A-1001225", "pdftk-fdf",
     signed("A-1001225", "03/17/2027") | add(1, "Ivana", "Novak", "ivana@copperkettle.example", "8401"),
     "rejected", "SIGN_FUTURE_DATE", "the wrong year"),
    ("march-17-summit-ridge", "A-1001233", "pymupdf-incr",
     signed("A-1001233", "01/05/2026") | add(1, "Owen", "Tully", "owen@summitridge.example", "3862"),
     "rejected", "SIGN_TOO_OLD", "signed in January"),
    ("march-18-penrose-school", "A-1001241", "pypdf-incremental",
     signed("A-1001241", "03/18/2026", "Lydia", "Marsh", "lmarsh@penroseschool.example", "+1 555 010 0691", "authorized_user")
     | add(1, "Nathan", "Cole", "ncole@penroseschool.example", "4718"),
     "rejected", "SIGNER_INACTIVE", "a plain user may not ask"),
    ("march-18-riverbend-press", "A-1001258", "pdfium-incr",
     signed("A-1001258", "03/18/2026", "Victor", "Strand", "victor@elsewhere.example", "+1 555 010 7777")
     | add(1, "Victor", "Strand", "victor@elsewhere.example", "9157"),
     "rejected", "SIGNER_NOT_LISTED", "a stranger asks"),
    ("march-19-golden-hour-photo", None, "pikepdf-form",
     header("A-1001274") | signed("A-1001274", "03/19/2026") | add(1, "June", "Lee", "june@goldenhour.example", "6281"),
     "rejected", "ACCOUNT_CLOSED", "the account was closed"),
    ("march-19-unknown-account", None, "pdf-lib-cantoo",
     header("A-1001282", number="A-1009999") | signed("A-1001282", "03/19/2026") | add(1, "Leo", "Tanaka", "leo@juniperclinic.example", "5146"),
     "rejected", "ACCOUNT_NOT_FOUND", "a slip in the account number"),
    ("march-20-juniper-clinic", None, "pypdf-regen",
     header("A-1001282", billing_email="naomi@juniperclinic.example") | signed("A-1001282", "03/20/2026")
     | add(1, "Leo", "Tanaka", "leo@juniperclinic.example", "5146"),
     "rejected", "ACCOUNT_MISMATCH", "not the billing email on record"),
    ("march-20-pinecrest-property", "A-1001290", "pdftk-font",
     signed("A-1001290", "03/20/2026") | add(1, "Bruno", "Keller", "bruno@pinecrestpm.example", "1234"),
     "rejected", "NEW_PIN_TOO_COMMON", "1234"),
    ("march-23-silver-birch-software", "A-1001308", "pdf-lib-font",
     signed("A-1001308", "03/23/2026") | add(1, "Mei", "Lindgren", "mei(at)silverbirch.example", "") | add(2, "Aron", "Vance", "aron@silverbirch.example", "80"),
     "rejected", "FIELD_FORMAT", "three faults at once: an email, a missing PIN, a short PIN"),
    ("march-23-harborview-seafood", "A-1001316", "pymupdf-objstm",
     signed("A-1001316", "03/23/2026"),
     "rejected", "NOTHING_REQUESTED", "asks for nothing"),
    ("march-24-castellano-again", "A-1001134", "pdfcpu",
     signed("A-1001134", "03/24/2026") | add(1, "Mateo", "Quiroga", "mateo@castellanofreight.example", "5306"),
     "rejected", "USER_ALREADY_AUTHORIZED", "already an Authorized User"),
    ("march-24-kestrel-again", "A-1001159", "emu-acrobat-save",
     signed("A-1001159", "03/24/2026") | remove(1, "Gordon", "Blythe"),
     "rejected", "USER_NOT_FOUND", "nobody of that name"),
    ("march-25-fenwick-pruitt", "A-1001209", "pikepdf-objstm",
     signed("A-1001209", "03/25/2026", "Simon", "Pruitt", "spruitt@fenwickpruitt.example", "+1 555 010 0532", "authorized_user")
     | remove(1, "Eleanor", "Fenwick", "efenwick@fenwickpruitt.example"),
     "rejected", "REMOVE_OWNER", "a partner tries to remove the owner"),
    ("march-25-maple-stone-empty", "A-1001332", "resave",
     {}, "rejected", "FORM_BLANK", "came back empty"),
    ("march-26-atlas-courier-old-form", "A-1001266", "pypdf-regen",
     signed("A-1001266", "03/26/2026") | add(1, "Pavel", "Volkov", "pavel@atlascourier.example", "3817"),
     "rejected", "FORM_EXPIRED", "a form from November"),
    ("march-26-maple-stone", "A-1001332", "pdftk-needapp",
     signed("A-1001332", "26.03.2026", **{"signer.is_authorized_user": True}) | add(1, "Jules", "Dubois", "jules@maplestone.example", "6702"),
     "rejected", "CHOICE_CONFLICT", "both roles ticked, and a date in another format"),
    ("march-27-henley-dental-once-more", "march-04-henley-dental", "pypdf-regen",
     signed("A-1001101", "03/27/2026") | add(1, "Joan", "Pickett", "joan@henleydental.example", "7826"),
     "rejected", "DUPLICATE_INSTANCE", "the March 4 form, filled in anew"),
    ("march-27-blue-heron-locked", "A-1001217", "qpdf-userpw",
     signed("A-1001217", "03/27/2026") | add(1, "Ruth", "Ekström", "ruth@blueheronvet.example", "6035"),
     "rejected", "PDF_ENCRYPTED", "locked with a password that we do not have"),
    ("march-30-okafor-builders-name", "A-1001167", "pdftk-xfdf",
     signed("A-1001167", "03/30/2026", "Chidy", "Okafor") | add(1, "Emeka", "Okafor", "emeka@okaforbuilders.example", "9513"),
     "held", "SIGNER_AMBIGUOUS", "one letter off in the signer's name"),
    ("march-30-harborview-seafood", "A-1001316", "pikepdf-form",
     signed("A-1001316", "03/30/2026") | add(1, "Аnna", "Petrenko", "anna@harborviewseafood.example", "4072"),
     "held", "NAME_SUSPICIOUS", "a Cyrillic letter in a Latin name"),
    ("march-30-larkspur-yoga-stamp", "A-1001183", "sig-ink-annot",
     signed("A-1001183", "03/30/2026") | add(1, "Tess", "Moreau", "tess@larkspuryoga.example", "5920"),
     "held", "FORM_ANNOTATED", "also signed by hand, but across the page instead of on the line"),
]
# Files that are no filled form of ours.
OTHERS = [
    ("march-31-brightwater-cafe-copy.pdf", "duplicate", "", "the March 4 form, sent twice"),
    ("march-31-invoice-4471.pdf", "rejected", "FORM_NOT_RECOGNISED", "an invoice"),
    ("march-31-copper-kettle-cut-off.pdf", "rejected", "PDF_CORRUPT", "a download that broke off"),
    ("march-31-photo-of-form.pdf", "rejected", "UNSUPPORTED_TYPE", "a photo, renamed"),
    ("march-31-empty-attachment.pdf", "rejected", "EMPTY_FILE", "no bytes at all"),
    ("Thumbs.db", "ignored", "", "what Windows leaves in folders"),
]


def run(*command, **options):
    return subprocess.run([str(it) for it in command], check=True, capture_output=True, text=True, **options)


def countersign(home, *command, now=OPENING):
    environment = {**os.environ, "COUNTERSIGN_VAULT_KEY": KEY}
    return run(PROGRAM, "--home", home, "--now", now, *command, env=environment)


def blank(home, outbox, number, now):
    """A fresh blank; answers its path."""
    before = set(outbox.glob("*.pdf")) if outbox.exists() else set()
    whose = ["--generic"] if number is None else ["--account", number]
    countersign(home, "blank", *whose, "-o", outbox, now=now)
    return (set(outbox.glob("*.pdf")) - before).pop()


def fill(work, client, source, values):
    """The blank as `client` fills it in; answers the file."""
    if client == "resave":
        out = work / "resaved.pdf"
        run("qpdf", source, out)
        return out
    out = Path(tempfile.mkdtemp(dir=work))
    (out / "values.json").write_text(json.dumps(values, ensure_ascii=False))
    run(HARNESS / "venv/bin/python", HARNESS / "fill.py", source, out / "values.json", out / "filled", "--only", client, "--no-probe")
    rows = [json.loads(it) for it in (out / "filled/manifest.jsonl").read_text().splitlines()]
    row = next(it for it in rows if it["client"] == client)
    if row["status"] != "ok" or row.get("refused"):
        raise SystemExit(f"{client}: {row['status']} {row.get('error')} {row.get('refused')}")
    return out / "filled" / row["file"]


def main():
    shutil.rmtree(RETURNED, ignore_errors=True)
    RETURNED.mkdir()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        home, outbox, old = work / "home", work / "outbox", work / "outbox-long-ago"
        countersign(home, "init", now=LONG_AGO)
        countersign(home, "account", "import", SAMPLES / "accounts.csv", now=LONG_AGO)
        blanks = {}
        # The oldest first: the store takes no step back in time.
        for form in sorted(FORMS, key=lambda it: "old-form" not in it[0]):
            file, number, client, values, *_ = form
            if number in blanks:
                source = blanks[number]
            else:
                is_old = "old-form" in file
                source = blank(home, old if is_old else outbox, number, LONG_AGO if is_old else OPENING)
            blanks[file] = source
            shutil.copyfile(fill(work, client, source, values), RETURNED / f"{file}.pdf")
            print(file, client)
        rows = (outbox / "manifest.csv").read_text(encoding="utf-8-sig").splitlines()
        rows += (old / "manifest.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
        (SAMPLES / "issued.csv").write_text("\r\n".join(it for it in rows if it) + "\r\n", encoding="utf-8", newline="")
    others()
    readme()


def others():
    shutil.copyfile(RETURNED / "march-04-brightwater-cafe.pdf", RETURNED / OTHERS[0][0])
    invoice = "import sys, pymupdf; d = pymupdf.open(); p = d.new_page(); p.insert_text((72, 90), 'Invoice 4471', fontsize=18); " \
              "p.insert_text((72, 130), 'Copper Kettle Bakery: 14 trays of rolls, 182.00'); d.save(sys.argv[1])"
    run(HARNESS / "venv/bin/python", "-c", invoice, RETURNED / OTHERS[1][0])
    whole = (RETURNED / "march-17-copper-kettle.pdf").read_bytes()
    (RETURNED / OTHERS[2][0]).write_bytes(whole[:9000])
    photo = "import sys; from PIL import Image; i = Image.linear_gradient('L').resize((400, 300)); i.save(sys.argv[1], 'JPEG')"
    run(HARNESS / "venv/bin/python", "-c", photo, RETURNED / OTHERS[3][0])
    (RETURNED / OTHERS[4][0]).write_bytes(b"")
    (RETURNED / OTHERS[5][0]).write_bytes(b"thumbnails")


def readme():
    rows = [(f"{it[0]}.pdf", it[2], *it[4:]) for it in FORMS] + [(it[0], "", *it[1:]) for it in OTHERS]
    table = ["| file | filled in by | outcome | primary reason | what it is |", "| --- | --- | --- | --- | --- |"]
    table += [f"| {file} | {client} | {outcome} | {f'`{reason}`' if reason else ''} | {what} |" for file, client, outcome, reason, what in sorted(rows)]
    text = (SAMPLES / "README.md").read_text()
    head, rest = text.split("<!-- table -->\n")
    _, foot = rest.split("<!-- end -->")
    (SAMPLES / "README.md").write_text(head + "<!-- table -->\n" + "\n".join(table) + "\n<!-- end -->" + foot)


if __name__ == "__main__":
    main()
