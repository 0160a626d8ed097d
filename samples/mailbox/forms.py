#!/usr/bin/env python3
"""Makes samples/mailbox/forms/ and samples/mailbox/issued.csv anew: our own blanks, filled in by other people's programs.

    samples/mailbox/forms.py PROGRAM HARNESS

The arguments are those of samples/make.py, whose way of making forms this is. Instance ids are new every time, so
samples/mailbox/make.py, which puts these forms into messages, is run after it.
"""
import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path

MAILBOX = Path(__file__).resolve().parent
FORMS = MAILBOX / "forms"
spec = importlib.util.spec_from_file_location("returned", MAILBOX.parent / "make.py")
returned = importlib.util.module_from_spec(spec)
spec.loader.exec_module(returned)
signed, add, remove, header = returned.signed, returned.add, returned.remove, returned.header


def without(values, *names):
    return {name: value for name, value in values.items() if name not in names}


# file name, account of the blank (None: a generic one), program, values
FILLED = [
    ("henley", "A-1001101", "pypdf-regen",
     signed("A-1001101", "04/01/2026") | add(1, "Nora", "Castell", "nora@henleydental.example", "5283", "front desk")),
    ("brightwater", "A-1001118", "pdfium-save",
     signed("A-1001118", "04/01/2026") | add(1, "Étienne", "Caron", "etienne@brightwatercafe.example", "6417", "kitchen")),
    ("nordlys", "A-1001126", "pymupdf-objstm",
     signed("A-1001126", "04/01/2026") | add(1, "Åse", "Brekke", "ase@nordlys.example", "7328", "IT")),
    ("castellano", "A-1001134", "pikepdf-objstm",
     signed("A-1001134", "04/02/2026", "Mateo", "Quiroga", "mateo@castellanofreight.example", "+1 555 010 0224", "authorized_user")
     | add(1, "Ines", "Robledo", "ines@castellanofreight.example", "8340", "dispatch")),
    ("tkaniny", "A-1001142", "pdftk-xfdf",
     signed("A-1001142", "04/02/2026") | add(1, "Grażyna", "Śliwa", "grazyna@tkaninylodzkie.example", "4927", "accounting")),
    ("kestrel", "A-1001159", "pdf-lib-font",
     signed("A-1001159", "04/02/2026") | add(1, "Tomas", "Vogel", "tomas@kestrelanalytics.example", "6038", "IT")),
    ("okafor", "A-1001167", "emu-macos-preview",
     signed("A-1001167", "04/02/2026") | add(1, "Ngozi", "Eze", "ngozi@okaforbuilders.example", "6172", "site office")),
    ("tidewater", "A-1001175", "pymupdf-full",
     signed("A-1001175", "04/03/2026") | add(1, "Delia", "Marsh", "delia@tidewaterlabs.example", "9214", "accounting")),
    ("larkspur", "A-1001183", "poppler-glib",
     signed("A-1001183", "04/03/2026") | add(1, "Anya", "Feld", "anya@larkspuryoga.example", "5930", "reception")),
    ("mesa-verde", "A-1001191", "pikepdf-objstm",
     signed("A-1001191", "04/03/2026", "Paula", "Ibarra", "paula@mesaverderealty.example", "", "authorized_user")
     | add(1, "Joel", "Trask", "joel@mesaverderealty.example", "7412", "IT")),
    ("fenwick-own", "A-1001209", "pypdf-incremental",
     signed("A-1001209", "04/03/2026") | add(1, "Hugh", "Barlow", "hbarlow@fenwickpruitt.example", "2475", "paralegal")),
    ("fenwick-download", None, "pdfcpu",
     header("A-1001209") | signed("A-1001209", "04/03/2026", "Simon", "Pruitt", "spruitt@fenwickpruitt.example", "+1 555 010 0532", "authorized_user")
     | add(1, "Petra", "Lindt", "plindt@fenwickpruitt.example", "3068", "paralegal")),
    ("summit-ridge", "A-1001233", "pdf-lib-cantoo",
     signed("A-1001233", "04/04/2026") | add(1, "Jürgen", "Weiß", "juergen@summitridge.example", "3852", "buyer")),
    ("silver-birch", "A-1001308", "pdfium-incr",
     signed("A-1001308", "04/04/2026") | add(1, "Kenta", "Ōno", "kenta@silverbirch.example", "6094", "IT")),
    ("pinecrest", "A-1001290", "pymupdf-objstm",
     signed("A-1001290", "04/04/2026", "Nadia", "Grant", "nadia@pinecrestpm.example", "+1 555 010 0894", "authorized_user")
     | add(1, "Sylvie", "Marot", "sylvie@pinecrestpm.example", "8253", "accounting")),
    ("blue-heron", "A-1001217", "pikepdf-form",
     signed("A-1001217", "04/06/2026") | add(1, "Gustav", "Hallberg", "gustav@blueheronvet.example", "6045", "IT")),
    ("harborview", "A-1001316", "pikepdf-objstm",
     without(signed("A-1001316", "04/02/2026") | add(1, "Ostap", "Melnyk", "ostap@harborviewseafood.example", "4082"), "consent.full_privileges")),
    ("willow-creek", "A-1001324", "pikepdf-objstm",
     signed("A-1001324", "04/03/2026", **{"signer.security_pin": "8362"}) | add(1, "Dale", "Whitcomb", "dale@willowcreekfarms.example", "8174")),
    ("riverbend", "A-1001258", "pymupdf-objstm",
     signed("A-1001258", "04/04/2026", "Conrad", "Vane", "conrad.vane@freemail.example", "+1 555 010 7788")
     | add(1, "Conrad", "Vane", "conrad.vane@freemail.example", "9167")),
    ("golden-hour", None, "pikepdf-objstm",
     header("A-1001274") | signed("A-1001274", "04/06/2026") | add(1, "June", "Sato", "june@goldenhour.example", "6291")),
    ("copper-kettle", "A-1001225", "pikepdf-objstm",
     signed("A-1001225", "04/06/2026") | add(1, "Milan", "Dvorak", "milan@copperkettle.example", "8411", "bakery")),
    ("maple-stone", "A-1001332", "pymupdf-objstm",
     signed("A-1001332", "04/06/2026") | add(1, "Basil", "Whitlock", "basil@maplestone.example", "6712", "showroom")),
]

# A form printed and scanned: a page that is one picture.
SCAN = """
import sys, pymupdf
source, target = sys.argv[1:]
picture = pymupdf.open(source)[0].get_pixmap(dpi=75, colorspace=pymupdf.csGRAY)
scan = pymupdf.open()
page = scan.new_page(width=612, height=792)
page.insert_image(page.rect, stream=picture.tobytes("jpeg", jpg_quality=45))
scan.save(target, deflate=True)
"""
# A photo of the same, for messages that hold no PDF.
PHOTO = """
import sys, pymupdf
source, target = sys.argv[1:]
page = pymupdf.open(source)[0]
open(target, "wb").write(page.get_pixmap(matrix=pymupdf.Matrix(0.7, 0.7).prerotate(2)).tobytes("jpeg", jpg_quality=40))
"""


def main():
    shutil.rmtree(FORMS, ignore_errors=True)
    FORMS.mkdir()
    python = returned.HARNESS / "venv/bin/python"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        home, outbox = work / "home", work / "outbox"
        returned.countersign(home, "init")
        returned.countersign(home, "account", "import", returned.SAMPLES / "accounts.csv")
        for file, number, client, values in FILLED:
            source = returned.blank(home, outbox, number, returned.OPENING)
            shutil.copyfile(returned.fill(work, client, source, values), FORMS / f"{file}.pdf")
            print(file, client, (FORMS / f"{file}.pdf").stat().st_size)
        subprocess.run([python, "-c", SCAN, FORMS / "maple-stone.pdf", FORMS / "maple-stone-scan.pdf"], check=True)
        subprocess.run([python, "-c", PHOTO, FORMS / "copper-kettle.pdf", FORMS / "copper-kettle-photo.jpg"], check=True)
        rows = (outbox / "manifest.csv").read_text(encoding="utf-8-sig").splitlines()
    (MAILBOX / "issued.csv").write_text("\r\n".join(it for it in rows if it) + "\r\n", encoding="utf-8", newline="")


main()
