"""How messages are put together: parts, headers of the usual programs, DKIM signatures, what mail servers write above.

Everything is fixed: dates, ids, boundaries, keys. The same call gives the same bytes.
"""
import base64
import email.utils
import hashlib
import io
import quopri
import time
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dkim

MAILBOX = Path(__file__).resolve().parent
SUPPORT = "support@northwind-hosting.example"
OWN_SERVER = "mx.northwind-hosting.example"
# Both keys are published here: whoever has them signs as any domain of dkim-records.toml.
KEYS = {whose: (MAILBOX / f"keys/worthless-{whose}.pem").read_bytes() for whose in ("customers", "strangers")}
COVERED = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type", "from", "subject", "date"]


def moment(text):
    """`2026-04-02 09:14:05` in UTC."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)


def date(at, hours=0):
    """As RFC 5322 writes it, in a time zone so many hours from UTC."""
    return email.utils.format_datetime(at.astimezone(timezone(timedelta(hours=hours))))


def word(*seed, length=12):
    """Letters that look like a program's random ones."""
    digest = hashlib.sha256("|".join(str(it) for it in seed).encode()).digest()
    return base64.b32encode(digest).decode()[:length]


def crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


# ---- parts -------------------------------------------------------------------------------------------------------------------

def part(fields, body):
    """A part of header lines and a body of bytes."""
    return crlf("\n".join(fields)).encode() + b"\r\n\r\n" + body


def text(content, kind="plain", charset="utf-8", encoding="7bit", more="", fields=()):
    """A text part."""
    raw = crlf(content).encode(charset)
    if encoding == "quoted-printable":
        # quopri knows LF alone.
        raw = quopri.encodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        raw = encoded(raw)
    header = [f"Content-Type: text/{kind}; charset={charset}{more}", f"Content-Transfer-Encoding: {encoding}", *fields]
    return part(header, raw)


def encoded(raw):
    return base64.encodebytes(raw).replace(b"\n", b"\r\n")


def file(content, fields, encoding="base64"):
    """A file as a part; its header lines as its program writes them."""
    body = encoded(content) if encoding == "base64" else quoted(content)
    return part([*fields, f"Content-Transfer-Encoding: {encoding}"], body)


def quoted(raw):
    """Quoted-printable of bytes that are no text: line ends are encoded, too."""
    lines, line = [], ""
    for byte in raw:
        piece = chr(byte) if 33 <= byte <= 126 and byte != 61 else f"={byte:02X}"
        if len(line) + len(piece) > 75:
            lines.append(line + "=")
            line = ""
        line += piece
    return "\r\n".join([*lines, line, ""]).encode()


def pdf(name, content, disposition="attachment"):
    """A PDF as most programs attach it."""
    return file(content, [f'Content-Type: application/pdf; name="{name}"', f'Content-Disposition: {disposition}; filename="{name}"'])


def multipart(kind, boundary, *parts, more="", preamble=b""):
    """A part of parts. Its first line is its Content-Type."""
    body = preamble + b"".join(b"--" + boundary.encode() + b"\r\n" + it + b"\r\n" for it in parts)
    return part([f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}'], body + f"--{boundary}--\r\n".encode())


def html_lines(content, tag="div"):
    """Plain text as programs write it in HTML."""
    escape = lambda it: it.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<{tag}>{escape(it) or '<br>'}</{tag}>\n" for it in content.rstrip("\n").split("\n"))


def both(content, boundary, html=None, charset="utf-8", encoding="quoted-printable"):
    """A text as plain text and as HTML."""
    html = html or f'<div dir="ltr">{html_lines(content)}</div>'
    return multipart("alternative", boundary, text(content, "plain", charset, encoding), text(html, "html", charset, encoding))


def zip_of(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name, (2026, 4, 3, 10, 0, 0)), content)
    return out.getvalue()


def locked_zip(name, content):
    """An archive whose entry says that it needs a password; what it holds is noise."""
    whole = bytearray(zip_of([(name, content)]))
    whole[6] |= 1  # the flag in the entry's own header
    central = whole.rfind(b"PK\x01\x02")
    whole[central + 8] |= 1  # and in the directory
    begin = 30 + len(name.encode())
    whole[begin:central] = bytes(it ^ 0x5a for it in whole[begin:central])
    return bytes(whole)


def docx(sentences):
    """The least that is a Word document."""
    types = ('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
             '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
             '<Override PartName="/word/document.xml" ContentType='
             '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    body = "".join(f"<w:p><w:r><w:t>{it}</w:t></w:r></w:p>" for it in sentences)
    document = ('<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
                f"<w:body>{body}</w:body></w:document>")
    return zip_of([("[Content_Types].xml", types), ("word/document.xml", document)])


# ---- whole messages ----------------------------------------------------------------------------------------------------------

def message(fields, content):
    """The fields of a message, and a part whose own fields follow them."""
    return crlf("\n".join(fields)).encode() + b"\r\n" + content


def envelope(program, sender, subject, at, zone=0, to=SUPPORT, reply=None):
    """The fields that a mail program writes, in its order and spelling. `sender` is a whole From."""
    address = sender.split("<")[-1].rstrip(">").strip()
    domain = address.split("@")[1]
    stamp, seed = date(at, zone), (sender, subject, at)
    follow = [f"In-Reply-To: <{reply}>", f"References: <{reply}>"] if reply else []
    plain_id = f"{word(*seed, length=8)}-{word(*seed, 2, length=4)}-{word(*seed, 3, length=12)}@{domain}"
    match program:
        case "Gmail":
            key = "CA" + word(*seed, length=26)
            return ["MIME-Version: 1.0", *follow, f"From: {sender}", f"Date: {stamp}", f"Message-ID: <{key}@mail.gmail.example>",
                    f"Subject: {subject}", f"To: {to}"]
        case "Outlook":
            key = f"AM9PR04MB{word(*seed, length=12)}@AM9PR04MB{word(*seed, length=4)}.eurprd04.prod.outlook.example"
            return [f"From: {sender}", f'To: "{to}" <{to}>', f"Subject: {subject}", f"Thread-Topic: {subject}",
                    f"Thread-Index: Adz{word(*seed, length=14)}==", f"Date: {stamp}", f"Message-ID: <{key}>", *follow,
                    "Accept-Language: en-US", "Content-Language: en-US", "X-MS-Has-Attach: yes", "X-MS-TNEF-Correlator:",
                    "MIME-Version: 1.0"]
        case "Apple Mail":
            return [f"From: {sender}", f"Subject: {subject}", f"Date: {stamp}", f"Message-Id: <{plain_id}>", *follow, f"To: {to}",
                    "Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3826.400.131\\))", "X-Mailer: Apple Mail (2.3826.400.131)"]
        case "iPhone":
            return [f"From: {sender}", "Mime-Version: 1.0 (1.0)", f"Date: {stamp}", f"Subject: {subject}",
                    f"Message-Id: <{plain_id}>", *follow, f"To: {to}", "X-Mailer: iPhone Mail (23D127)"]
        case "Thunderbird":
            return [f"Message-ID: <{plain_id.lower()}>", f"Date: {stamp}", "MIME-Version: 1.0", "User-Agent: Mozilla Thunderbird",
                    f"Subject: {subject}", f"To: {to}", *follow, "Content-Language: en-US", f"From: {sender}"]
        case "Yahoo":
            number = int(word(*seed, length=6), 36)
            return [f"Date: {stamp}", f"From: {sender}", f"To: {to}", f"Message-ID: <{number}.2214.{number + 71}@mail.yahoo.example>",
                    *follow, f"Subject: {subject}", "MIME-Version: 1.0", "X-Mailer: WebService/1.1.23435 YMailNorrin"]
        case "mutt":
            return [f"Date: {stamp}", f"From: {sender}", f"To: {to}", f"Subject: {subject}",
                    f"Message-ID: <{at:%Y%m%d%H%M%S}.GA{word(*seed, length=4)}@{domain}>", *follow, "MIME-Version: 1.0",
                    "User-Agent: Mutt/2.2.13 (2024-03-09)"]
        case "Roundcube":
            return ["MIME-Version: 1.0", f"Date: {stamp}", f"From: {sender}", f"To: {to}", f"Subject: {subject}", *follow,
                    "User-Agent: Roundcube Webmail/1.6.10", f"Message-ID: <{word(*seed, length=32).lower()}@{domain}>",
                    f"X-Sender: {address}"]
        case "Android":
            return [f"Date: {stamp}", f"Subject: {subject}", f"Message-ID: <{word(*seed, length=20).lower()}.{at.timestamp():.0f}@email.android.example>",
                    *follow, f"From: {sender}", f"To: {to}", "MIME-Version: 1.0"]
        case "program":
            return [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Date: {stamp}",
                    f"Message-ID: <{word(*seed, length=24).lower()}@{domain}>", "MIME-Version: 1.0"]
    raise SystemExit(f"no program {program}")


class Signing(dkim.DKIM):
    """dkimpy, with an end of the signature (`x=`), which it does not write itself."""
    expires = None

    def gen_header(self, fields, *more, **named):
        if self.expires:
            at = next(at for at, it in enumerate(fields) if it[0] == b"h")
            fields = [*fields[:at], (b"x", str(int(self.expires.timestamp())).encode()), *fields[at:]]
        return super().gen_header(fields, *more, **named)


def sign(raw, domain, selector, at, key="customers", covered=COVERED, forms="relaxed/relaxed", length=False, expires=None):
    """The message with a signature of the domain above it."""
    real = time.time
    time.time = lambda: at.timestamp()  # dkimpy asks the clock
    try:
        signer = Signing(raw)
        signer.expires = expires
        line = signer.sign(selector.encode(), domain.encode(), KEYS[key], canonicalize=[it.encode() for it in forms.split("/")],
                           include_headers=[it.encode() for it in covered], length=length)
    finally:
        time.time = real
    return line + raw


def delivered(raw, sender, server, at, number):
    """What the own server writes above a message that it takes from another one."""
    lines = [f"Return-Path: <{sender}>", f"Delivered-To: {SUPPORT}",
             f"Received: from {server} ({server} [192.0.2.{number}])", f"\tby {OWN_SERVER} (Postfix) with ESMTPS id 4{word(server, at, length=13)}",
             f"\tfor <{SUPPORT}>; {date(at)} (UTC)"]
    return crlf("\n".join(lines)).encode() + b"\r\n" + raw


def record(key):
    """What a domain publishes for a key (RFC 6376, 3.6.1)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    public = load_pem_private_key(KEYS[key], None).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
