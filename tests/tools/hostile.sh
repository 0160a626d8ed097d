#!/usr/bin/env bash
# Makes a filled form of our own, has the attack generator turn it into hostile ones, and holds the program against them.
#
#     tests/tools/hostile.sh PROGRAM PYTHON GENERATOR
#
# PYTHON has pikepdf and cryptography; GENERATOR is the folder of gen.py.
set -euo pipefail
program="$(realpath "$1")" python="$2" generator="$(realpath "$3")" tools="$(cd "$(dirname "$0")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
now=2026-03-04T09:00:00Z
export COUNTERSIGN_HOME="$work/home"
"$program" init > /dev/null
sed -i '1i pin_cost = "cheap-for-tests"' home/countersign.toml
"$program" --now "$now" account add --number A-1001101 --name "Henley Dental Group" --billing-email billing@henley.example \
  --owner-first-name Margaret --owner-last-name Henley --owner-email margaret@henley.example --pin-fd 0 <<< 719305 > /dev/null 2>&1
"$program" --now "$now" blank --account A-1001101 -o out > /dev/null 2>&1
"$python" - out/*.pdf filled.pdf <<'PYTHON'
import sys
import pikepdf
values = {
    "signer.first_name": "Margaret", "signer.last_name": "Henley", "signer.email": "margaret@henley.example",
    "signer.phone": "+1 555 010 0142", "signer.is_owner": "Yes", "signer.security_pin": "719305",
    "add.1.last_name": "Whitfield", "add.1.pin": "5293", "consent.full_privileges": "Yes",
    "signature.typed_name": "Margaret Henley", "signature.date": "03/04/2026",
}
with pikepdf.open(sys.argv[1]) as pdf:
    for widget in pdf.pages[0].Annots:
        names, node = [], widget
        while node is not None:
            names.insert(0, str(node.T))
            node = node.get("/Parent")
        value = values.get(".".join(names))
        if value == "Yes":
            widget.V = widget.AS = pikepdf.Name.Yes
        elif value:
            widget.V = value
    pdf.save(sys.argv[2])
PYTHON
cat > spec.json <<SPEC
{"base_pdf": "$work/filled.pdf",
 "fields": {"account": "account.number", "pin": "signer.security_pin", "au_name": "add.1.first_name", "au_email": "add.1.email",
            "consent": "consent.full_privileges", "expires": "form.expires", "template": "form.template", "form_id": "form.instance"},
 "honest": {"account": "A-1001101", "pin": "719305", "au_name": "Dana", "au_email": "dana@henley.example", "consent": true},
 "evil": {"account": "A-1001102", "pin": "9999", "au_name": "Mallory", "au_email": "mallory@evil.example",
          "expires": "01/31/2020", "template": "authorized-user/9", "form_id": "0000-0000"},
 "on": "Yes"}
SPEC
cp -r "$generator" generator && chmod -R u+w generator
(cd generator && "$python" mkkey.py > /dev/null && "$python" gen.py --spec ../spec.json --out "$work/set" | tail -2)
python3 "$tools/hostile.py" "$program" home set "$now"
