"""Requests that must not pass: forged, changed, repeated, from elsewhere; and honest ones that the rules refuse."""
from build import both, multipart, text
from sample import ALL, RECORDS, Row, account, billing, deliver, not_proved, send
import build


def asking(number, first, last, pin="4821", security=None, approver=None):
    """A request that is read without a doubt."""
    it = account(number)
    approver = approver or it["owner"]
    return (f"Hello,\n\nplease add {first} {last} (PIN {pin}) as an authorized user to account {number}.\n\nSecurity PIN: {security or it['pin']}\n"
            f"Approved by: {approver}\n\nRegards\n{approver}\n")


def plain(body):
    return text(body, encoding="8bit")


def rejected(code):
    return Row("rejected", code)


def refused():
    forged()
    repeated()
    from_elsewhere()
    by_the_rules()


def forged():
    send("forged-unsigned", "2026-04-02 03:12:44", "program", billing("A-1001225"), "Urgent: authorized user", plain(asking("A-1001225", "Victor", "Crane")),
         "the billing address forged, no signature", not_proved("NO_SIGNATURE"), is_signed=False, server="vps-81.cheaphost.example")
    send("forged-bulk-mailer", "2026-04-02 04:30:11", "program", billing("A-1001233"), "Authorized user", plain(asking("A-1001233", "Victor", "Crane")),
         "signed by the bulk mailer that sent it, not by the domain in From", not_proved("NOT_ALIGNED"), domain="sendgroove.example", key="strangers", selector="sg1",
         server="o1.sendgroove.example")
    send("forged-changed", "2026-04-02 05:02:59", "Gmail", billing("A-1001316"), "one more user", plain(asking("A-1001316", "Victor", "Stone", "4381")),
         "a name was changed after the message was signed", not_proved("SIGNATURE_BROKEN"), change=lambda raw: raw.replace(b"Victor Stone", b"Victor Crane"),
         server="relay.cheaphost.example")
    send("forged-longer", "2026-04-03 02:48:20", "program", billing("A-1001308"), "Re: your invoice", plain("Thank you, we have paid it.\n\nYuki Mori\n"),
         "an honest message whose signature covers a part of it (l=), and a request behind that",
         not_proved("PARTIAL_BODY"), length=True, change=lambda raw: raw + build.crlf(asking("A-1001308", "Victor", "Crane", "4381")).encode())
    send("forged-two-senders", "2026-04-03 03:20:02", "program", "Priya Raman <priya@sendgroove.example>", "authorized user",
         plain(asking("A-1001183", "Victor", "Crane", "4381")), "two From lines, the first one forged, the second one signed by its domain", not_proved("FROM_AMBIGUOUS"),
         key="strangers", selector="sg1", covered=["to", "subject", "date", "from"], server="o1.sendgroove.example",
         change=lambda raw: b"From: Priya Raman <hello@larkspuryoga.example>\r\n" + raw)
    send("forged-key", "2026-04-03 04:41:53", "program", billing("A-1001191"), "authorized user", plain(asking("A-1001191", "Victor", "Crane", "4381")),
         "signed with a key that the domain does not publish", not_proved("KEY_MISSING"), publish=False, key="strangers", selector="april", server="vps-81.cheaphost.example")
    send("forged-results", "2026-04-04 02:15:36", "program", billing("A-1001324"), "authorized user", plain(asking("A-1001324", "Victor", "Crane", "4381")),
         "brings our own server's verdict along, which it wrote itself", not_proved("NO_SIGNATURE"), is_signed=False,
         fields=["Authentication-Results: mx.northwind-hosting.example; dkim=pass header.d=willowcreekfarms.example; dmarc=pass header.from=willowcreekfarms.example",
                 "Received: from mail.willowcreekfarms.example (unknown [198.51.100.9])\n\tby mx.northwind-hosting.example; Sat, 04 Apr 2026 02:15:30 +0000"],
         server="vps-81.cheaphost.example")


def repeated():
    first = next(it for it in ALL if it.slug == "words-sentence")
    signed = first.raw[first.raw.index(b"DKIM-Signature"):]
    deliver("replayed-today", signed, "bounce@cheaphost.example", build.moment("2026-04-04 03:33:33"), "Apple Mail",
            "the request of 1 April again, word by word, through another server", [Row("duplicate")], server="vps-81.cheaphost.example")
    send("replayed-old", "2025-10-14 13:00:41", "Gmail", billing("A-1001217"), "authorized user", plain(asking("A-1001217", "Elof", "Sandell", "4381")),
         "a request of October, honestly signed then, sent once more", rejected("MESSAGE_TOO_OLD"), came="2026-04-05 02:05:07", server="vps-81.cheaphost.example")
    send("replayed-expired", "2026-04-01 06:00:12", "program", billing("A-1001258"), "authorized user", plain(asking("A-1001258", "Elsa", "Roth", "4381")),
         "came four days after it was sent; the signature was valid for two", not_proved("EXPIRED"), came="2026-04-05 06:11:38", expires=build.moment("2026-04-03 06:00:14"))


def from_elsewhere():
    look_alike = "orders@copperkett1e.example"
    send("look-alike", "2026-04-04 05:21:28", "Gmail", f"Walter Novak <{look_alike}>", "new authorized user", plain(asking("A-1001225", "Victor", "Crane", "4381")),
         "a domain with a 1 for an l, properly signed by itself", rejected("SENDER_LOOKALIKE"), key="strangers")
    send("look-alike-ending", "2026-04-04 06:02:10", "Outlook", "Oliver Grant <ap@pinecrestpm.test>", "new authorized user", plain(asking("A-1001290", "Victor", "Crane", "4381")),
         "the right name under another ending, signed by itself", rejected("SENDER_LOOKALIKE"), key="strangers", where="archive")
    send("other-mailbox", "2026-04-04 16:08:55", "Outlook", "Lydia Marsh <lmarsh@penroseschool.example>", "authorized user",
         plain(asking("A-1001241", "Iris", "Quayle", "4381")), "the right domain, but another mailbox than the billing address", rejected("SENDER_NOT_BILLING_ADDRESS"))
    send("display-name", "2026-04-05 03:40:45", "Gmail", '"Hannah Lindqvist desk@blueheronvet.example" <desk.blueheronvet@freemail.example>', "authorized user",
         plain(asking("A-1001217", "Victor", "Crane", "4381")), "freemail whose display name shows the billing address", Row("held", "REQUEST_UNCLEAR"), key="strangers")
    send("other-customer", "2026-04-05 13:59:32", "Apple Mail", billing("A-1001101"), "authorized user", plain(asking("A-1001118", "Victor", "Crane", "4381")),
         "a customer asks for another customer's account", rejected("SENDER_NOT_BILLING_ADDRESS"))
    send("address-of-yesterday", "2026-04-07 08:30:15", "Gmail", "Claire Dubois <office@maplestone.example>", "authorized user",
         plain(asking("A-1001332", "Cora", "Whitby", "4381")), "from the billing address, which was changed the day before", Row("held", "BILLING_EMAIL_TOO_NEW"))


def by_the_rules():
    send("wrong-pin", "2026-04-03 19:15:04", "Gmail", billing("A-1001209"), "authorized user", plain(asking("A-1001209", "Otto", "Lang", "4381", security="530718")),
         "a wrong Security PIN", rejected("PIN_INVALID"))
    send("closed-account", "2026-04-04 17:30:39", "Apple Mail", billing("A-1001274"), "authorized user", plain(asking("A-1001274", "Otto", "Lang", "4381")),
         "the account was closed", rejected("ACCOUNT_CLOSED"))
    send("unknown-account", "2026-04-05 14:45:08", "program", billing("A-1001282"), "authorized user",
         plain(asking("A-1001282", "Otto", "Lang", "4381").replace("A-1001282", "A-1009999")), "a slip in the account number", rejected("ACCOUNT_NOT_FOUND"))
    send("unknown-approver", "2026-04-06 07:55:21", "Gmail", billing("A-1001183"), "authorized user",
         plain(asking("A-1001183", "Otto", "Lang", "4381", approver="Damon Pryce")), "approved by somebody who is not on the account", rejected("SIGNER_NOT_LISTED"))
    send("plain-user", "2026-04-06 11:20:50", "Outlook", billing("A-1001241", "Penrose Bursar"), "authorized user",
         plain(asking("A-1001241", "Otto", "Lang", "4381", approver="Lydia Marsh")), "approved by a plain user of the account", rejected("SIGNER_INACTIVE"))
    send("common-pin", "2026-04-06 12:02:35", "iPhone", billing("A-1001167"), "authorized user", plain(asking("A-1001167", "Otto", "Lang", "1234")),
         "1234", rejected("NEW_PIN_TOO_COMMON"))
    send("already-authorized", "2026-04-06 17:10:13", "Thunderbird", billing("A-1001134"), "authorized user", plain(asking("A-1001134", "Helen", "Stroud", "4381")),
         "already an Authorized User", rejected("USER_ALREADY_AUTHORIZED"), where="archive")
