"""What a sample is: a message, how it came, and what must become of it."""
import csv
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import build

SAMPLES = build.MAILBOX.parent
ACCOUNTS = {it["number"]: it for it in csv.DictReader((SAMPLES / "accounts.csv").open(encoding="utf-8"))}
SELECTORS = {"Gmail": "google", "Outlook": "selector1", "Apple Mail": "sig1", "iPhone": "sig1", "Yahoo": "s2048"}
SERVERS = {"Gmail": "mail-sor-f41.google.example", "Outlook": "eur05-obe.outbound.outlook.example", "Yahoo": "sonic305.yahoo.example",
           "Apple Mail": "qs51p00im.me.example", "iPhone": "qs51p00im.me.example"}
# What domains publish: (selector, domain) to the key. Filled while messages are signed.
RECORDS = {}


@dataclass
class Row:
    """A row that the report must have. The path is that of a form within its message; what the words ask has none."""
    outcome: str
    reason: str = ""
    detail: str = ""
    path: str = ""


@dataclass
class Sample:
    slug: str
    at: object
    raw: bytes
    program: str
    what: str
    rows: list
    where: str = "support"
    sender: str = ""
    flags: str = "S"
    name: str = field(default="", init=False)


ALL = []


def account(number):
    """An account's owner, PIN and so on, for the letters."""
    it = ACCOUNTS[number]
    return {**it, "owner": f"{it['owner_first_name']} {it['owner_last_name']}", "pin": it["security_pin"]}


def billing(number, name=None):
    """From the account's primary billing address."""
    it = account(number)
    name = name or it["owner"]
    shown = name if name.isascii() else encoded_word(name)
    return f'"{shown}" <{it["billing_email"]}>' if "," in shown or "." in shown else f"{shown} <{it['billing_email']}>"


def encoded_word(content, charset="utf-8", how="Q"):
    """RFC 2047."""
    import email.charset
    import email.header
    kinds = email.charset.Charset(charset)
    kinds.header_encoding = email.charset.QP if how == "Q" else email.charset.BASE64
    return email.header.Header(content, kinds, maxlinelen=1000).encode().replace("\n", "")


def signed(raw, address, at, selector, key="customers", publish=True, domain=None, **more):
    domain = domain or address.split("@")[1]
    if publish:
        RECORDS[(selector, domain)] = key
    return build.sign(raw, domain, selector, at, key, **more)


def send(slug, at, program, sender, subject, content, what, *rows, where="support", zone=-5, is_signed=True, server=None, fields=(),
         reply=None, change=None, came=None, flags="S", headers=None, **signing):
    """Makes a sample: composed by a program, signed by its domain unless told otherwise, delivered seven seconds later."""
    at = build.moment(at)
    came = build.moment(came) if came else at + timedelta(seconds=7)
    address = sender.split("<")[-1].rstrip(">").strip()
    head = headers or build.envelope(program, sender, subject, at, zone, reply=reply)
    raw = build.message([*head, *fields], content)
    if is_signed:
        selector = signing.pop("selector", SELECTORS.get(program, "mail"))
        raw = signed(raw, address, at + timedelta(seconds=2), selector, **signing)
    if change:
        raw = change(raw)
    deliver(slug, raw, address, came, program, what, list(rows), where, server or SERVERS.get(program, f"mail.{address.split('@')[1]}"), flags)
    return raw


def deliver(slug, raw, address, came, program, what, rows, where="support", server="mail.example", flags="S"):
    raw = build.delivered(raw, address, server, came, 10 + len(ALL) % 90)
    ALL.append(Sample(slug, came, raw, program, what, rows, where, address, flags))


def form(name):
    return (build.MAILBOX / f"forms/{name}.pdf").read_bytes()


def accepted(path=""):
    return Row("accepted", path=path)


def ignored():
    return Row("ignored")


def unclear(*doubts):
    return Row("held", "REQUEST_UNCLEAR", " ".join(doubts))


def not_proved(reason):
    return Row("rejected", "SENDER_NOT_PROVED", reason)


def not_read(finding):
    return Row("held", "MESSAGE_NOT_READ", finding)
