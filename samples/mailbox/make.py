#!/usr/bin/env python3
"""Makes the sample mailbox anew: support/ (a Maildir), archive.mbox, dkim-records.toml, and the table of README.md.

    pip install dkimpy cryptography
    samples/mailbox/make.py

The same files come out every time. What must become of a message stands beside the message, in sent_forms.py, in_words.py,
refused.py and others.py; the table is made of the same rows, so that the two cannot drift.
"""
import re
import shutil

import build
import in_words
import others
import refused
import sample
import sent_forms

SUPPORT, ARCHIVE = build.MAILBOX / "support", build.MAILBOX / "archive.mbox"


def as_mbox(samples):
    """RFC 4155, with the quoting of mboxrd: a `>` more before every line that begins with From, however often quoted."""
    out = b""
    for number, it in enumerate(samples, 1):
        it.name = f"{ARCHIVE.name}#{number}"
        raw = re.sub(rb"(?m)^(>*From )", rb">\1", it.raw.replace(b"\r\n", b"\n"))
        out += f"From {it.sender} {it.at:%a %b %e %H:%M:%S %Y}\n".encode() + raw + (b"" if raw.endswith(b"\n") else b"\n") + b"\n"
    ARCHIVE.write_bytes(out)


def as_maildir(samples):
    """https://cr.yp.to/proto/maildir.html: what was seen lies in cur with its flags, what was not in new."""
    shutil.rmtree(SUPPORT, ignore_errors=True)
    for place in ("cur", "new", "tmp"):
        (SUPPORT / place).mkdir(parents=True)
    for number, it in enumerate(samples):
        it.name = f"{it.at.timestamp():.0f}.{it.slug}.mx"
        path = f"new/{it.name}" if number >= len(samples) - 6 else f"cur/{it.name}:2,{'RS' if number % 9 == 4 else it.flags}"
        (SUPPORT / path).write_bytes(it.raw.replace(b"\r\n", b"\n"))
    # A delivery that was cut off: it is not there yet. Answers its row.
    half = f"tmp/{samples[-1].at.timestamp():.0f}.half-delivered.mx"
    (SUPPORT / half).write_bytes(samples[0].raw.replace(b"\r\n", b"\n")[:700])
    return (False, samples[-1].at, half, f"| {half} |  | ignored |  |  | a delivery that was cut off |")


def records():
    lines = ["# What the samples' domains publish, instead of the DNS. The private keys are in keys/: they protect nobody."]
    lines += [f'"{selector}._domainkey.{domain}" = "{build.record(key)}"' for (selector, domain), key in sorted(sample.RECORDS.items())]
    (build.MAILBOX / "dkim-records.toml").write_text("\n".join(lines) + "\n")


def readme(*rows):
    rows = list(rows)
    for it in sample.ALL:
        for row in it.rows:
            name = f"{it.name}/{row.path}" if row.path else it.name
            code = f"`{row.reason}`" if row.reason else ""
            rows.append((it.where != "support", it.at, name, f"| {name} | {it.program} | {row.outcome} | {code} | {row.detail} | {it.what} |"))
    table = ["| message | written with | outcome | primary reason | detail | what it is |", "| --- | --- | --- | --- | --- | --- |"]
    table += [line for *_, line in sorted(rows)]
    path = build.MAILBOX / "README.md"
    content = path.read_text(encoding="utf-8")
    head, rest = content.split("<!-- table -->\n")
    _, foot = rest.split("<!-- end -->")
    path.write_text(head + "<!-- table -->\n" + "\n".join(table) + "\n<!-- end -->" + foot, encoding="utf-8")
    print(f"{len(sample.ALL)} messages, {len(rows)} rows")


def main():
    sent_forms.forms()
    in_words.requests()
    refused.refused()
    others.others()
    samples = sorted(sample.ALL, key=lambda it: it.at)
    assert len({it.slug for it in samples}) == len(samples) and len({it.at for it in samples}) == len(samples)
    half = as_maildir([it for it in samples if it.where == "support"])
    as_mbox([it for it in samples if it.where == "archive"])
    records()
    readme(half)


if __name__ == "__main__":
    main()
