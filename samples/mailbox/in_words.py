"""Approving emails: what customers ask in their own words, from the primary billing address and signed by its domain."""
from build import both, file, html_lines, message, multipart, part, text
from sample import accepted, account, billing, encoded_word, send, unclear
from sent_forms import PNG
import build

GMAIL = ["to", "subject", "message-id", "date", "from", "mime-version", "from", "to", "subject", "date", "message-id"]


def html_only(page):
    return text(page, "html", encoding="quoted-printable")


def requests():
    accepted_ones()
    in_html()
    unclear_ones()


def accepted_ones():
    it = account("A-1001217")
    body = (f"Hello Northwind team,\n\nplease add an authorized user to our account.\n\nAccount number: {it['number']}\nSecurity PIN: {it['pin']}\n"
            f"Approved by: {it['owner']}\n\nNew authorized user:\nFirst name: Sofia\nLast name: Marklund\nPIN: 4827\n"
            f"Email: sofia@blueheronvet.example\n\nKind regards\n{it['owner']}\n")
    send("words-labelled", "2026-04-01 14:05:19", "Gmail", billing(it["number"]), "New authorized user", both(body, "000000000000d1a00632f8c0d1", encoding="7bit"),
         "labelled lines, Gmail's two versions of the text", accepted(), covered=GMAIL)

    it = account("A-1001225")
    send("words-sentence", "2026-04-01 15:12:30", "Apple Mail", billing(it["number"]), "Please add Hana",
         text(f"Hello,\n\nPlease add Hana Vesela (PIN 6093) to our account {it['number']} as an authorized user. This is {it['owner']}, "
              f"our security PIN is {it['pin']}.\n\nThanks,\nWalter\n", charset="us-ascii"),
         "two sentences", accepted())

    it = account("A-1001233")
    send("words-list", "2026-04-01 17:22:48", "Thunderbird", billing(it["number"]), "Three new people",
         text(f"Good morning\n\nplease add the following authorized users to account {it['number']}:\n\n- Nils Aalto, PIN 6051\n- Søren Krag, PIN 0427\n"
              f"- Maud O’Brien, PIN 9035\n\nThe account security PIN is {it['pin']}.\n\nKind regards\n{it['owner']}\n", encoding="8bit"),
         "a list of three, one PIN begins with 0", accepted())

    it = account("A-1001258")
    send("words-reply", "2026-04-02 13:31:02", "Gmail", billing(it["number"]), "Re: Your question to Northwind Hosting",
         text(f"Hi,\n\nAccount number: {it['number']}\nSecurity PIN: {it['pin']}\nApproved by: {it['owner']}\n\nPlease add as authorized user:\nKofi Mensah - PIN 2963\n\n"
              f"Thanks!\nBeatrice\n\nOn Wed, Apr 1, 2026 at 9:14 AM Northwind Hosting <{build.SUPPORT}> wrote:\n\n> Dear Beatrice,\n>\n> please send us the account number, your "
              "Security PIN and a PIN for Kofi,\n> for example 5713.\n>\n> Kind regards\n"),
         "an answer above our own letter, in which there is another PIN", accepted(), reply="q-5713@northwind-hosting.example")

    it = account("A-1001266")
    send("words-signature", "2026-04-02 15:50:40", "Outlook", billing(it["number"]), "authorized user",
         text(f"Dear Support,\n\nKindly add Jean-Luc Moreau as an Authorized User on our account ({it['number']}). PIN: 4067.\nI approve this as account owner. "
              f"The account's security PIN is {it['pin']}.\n\nIf you have any questions, please do not hesitate to contact me.\n\nKind regards,\n\n{it['owner']}\n"
              f"Atlas Courier Service | 1200 Market Street, Suite 2040\nT {it['owner_phone']} | F +1 555 010 0779\n\nCONFIDENTIALITY NOTICE: This e-mail is intended only for the "
              "addressee. If you are not the intended recipient, do not copy or\nforward it and delete it. Company registration 4821 7712.\n", encoding="quoted-printable"),
         "phone numbers and a disclaimer below the signature", accepted())

    it = account("A-1001282")
    send("words-two-users", "2026-04-02 16:14:09", "program", billing(it["number"]), "two colleagues",
         text(f"Hello,\nI am {it['owner']}, the owner of account {it['number']} (security PIN {it['pin']}).\nI'd like to add Liam O'Connor and Mary Ann Lee as authorized users.\n"
              "PIN for Liam O'Connor: 4821\nPIN for Mary Ann Lee: 7352\n", charset="us-ascii"),
         "two people, their PINs below", accepted(), where="archive")

    it = account("A-1001308")
    send("words-phone", "2026-04-02 18:59:31", "iPhone", billing(it["number"]), "new user",
         text(f"hi please add aron vance pin 8067 to account {it['number'].lower()}\nsecurity pin {it['pin']}\napproved by yuki mori\n\nSent from my iPhone\n", charset="us-ascii"),
         "all in lower case, no full stops", accepted())

    it = account("A-1001316")
    send("words-casual", "2026-04-02 23:08:14", "Android", billing(it["number"]), "quick one",
         text(f"Hey! 👋 pls add Olena Hrytsenko (pin: 4812) to acct #{it['number']} as an authorized user. security pin {it['pin']}. approved by {it['owner']} 🙂\n", encoding="base64"),
         "abbreviations and emoji", accepted())

    it = account("A-1001324")
    send("words-bars", "2026-04-03 13:47:23", "mutt", billing(it["number"]), "users for the farm",
         text(f"Hello support,\n\nplease add the authorized users below to our account {it['number']}.\n\n| First name | Last name | PIN  | Email                     |\n"
              "|------------|-----------|------|---------------------------|\n| Ike        | Sandoval  | 3157 | ike@willowcreek.example   |\n"
              f"| Pieter     | de Vries  | 9402 | pd@willowcreek.example    |\n\nApproved by: {it['owner']}\nAccount security PIN: {it['pin']}\n", charset="us-ascii"),
         "a table drawn with bars", accepted())

    it = account("A-1001183")
    send("words-commas", "2026-04-03 14:29:55", "Gmail", billing(it["number"]), "authorized users",
         text(f"Please add these 4 authorized users to account no. {it['number']}.\n\nFirst name, Last name, Email, PIN\nMin-jun, Park, mj@larkspuryoga.example, 4821\n"
              "Hana, Yoshida, hana@larkspuryoga.example, 7352\nRavi, Iyer, ravi@larkspuryoga.example, 9064\nFatima, al-Sayed, fatima@larkspuryoga.example, 2718\n\n"
              f"Security PIN: {it['pin']}\nAccount owner: {it['owner']}\n"),
         "rows with commas, pasted from a spreadsheet", accepted())

    it = account("A-1001101")
    send("words-authorized-user", "2026-04-03 15:33:38", "Outlook", billing(it["number"], "Henley Dental Billing"), "Please add a colleague",
         text(f"Good afternoon,\n\nI'd like to add my colleague Ruth Calder as an authorised user. Her 4-digit PIN is 2963.\nThe account number is {it['number']} and the security PIN is "
              f"{it['pin']}.\n\nThank you for your help!\n\nThomas Reyes\nIT\n", charset="us-ascii"),
         "an Authorized User approves, not the owner", accepted())

    it = account("A-1001118")
    send("words-subject", "2026-04-03 16:02:27", "Yahoo", billing(it["number"]), f"Account {it['number']}: new authorized user",
         text(f"Please add Zoé Lambert as an authorized user, PIN 7352. The security PIN is {it['pin']}.\n\n{it['owner']}\n", encoding="quoted-printable"),
         "the account number in the subject", accepted())

    it = account("A-1001126")
    send("words-blocks", "2026-04-04 09:05:50", "Thunderbird", billing(it["number"]), "Authorized Users",
         text("To whom it may concern,\n\nI am writing to request that the following people be added as Authorized Users to our account.\n\n"
              f"Account Number - {it['number']}\nAccount Security PIN - {it['pin']}\n\nUser 1\nName: Kari Lunde\nPIN: 4831\nEmail: kari@nordlys.example\nPhone: +47 555 01 088\nRole: IT\n\n"
              f"User 2\nName: Odd Nygård\nPIN: 7712\nEmail: odd@nordlys.example\nRole: Accounting\n\nName of approver: {it['owner']}\n\nPlease confirm once this is done.\n\n"
              f"Thank you,\n{it['owner']}\n", encoding="8bit"),
         "blocks with emails, a phone number and roles", accepted(), zone=2)

    it = account("A-1001134")
    send("words-outlook-reply", "2026-04-04 13:18:12", "Outlook", billing(it["number"], "Castellano Freight Accounts"), "RE: our account",
         text(f"Please add Delphine Aubert as an Authorized User on account number {it['number']}. Her PIN is 4821.\nOur Security PIN is {it['pin']}.\n\nRegards,\n{it['owner']}\nOffice Manager\n\n"
              f"From: Northwind Hosting <{build.SUPPORT}>\nSent: Thursday, April 2, 2026 9:14 AM\nTo: Accounts\nSubject: RE: our account\n\nHello,\nplease send account number, security PIN "
              "(you had given 111222) and the PIN of the new user (not 9999).\n", charset="iso-8859-1", encoding="quoted-printable"),
         "Outlook's reply; older PINs in the letter below", accepted())

    it = account("A-1001142")
    send("words-flowed", "2026-04-04 10:40:06", "Thunderbird", billing(it["number"]), "new colleagues",
         text("Hello Northwind team,\n\nwe have two new colleagues in accounting. Please add Carlos de la Cruz \n(PIN 4821) and Ana Fuentes (PIN 7352) as authorized users to our \n"
              f"account {it['number']}. I approve this, my name is {it['owner']} and the \nsecurity PIN of the account is {it['pin']}.\n\nWith best wishes\n{it['owner']}\n-- \n"
              "Tkaniny Łódzkie, ul. Piotrkowska 4400\ntel. 42 555 01 42, since 1984\n", encoding="8bit", more="; format=flowed"),
         "flowed lines (RFC 3676), broken within the request", accepted(), zone=2)

    it = account("A-1001159")
    send("words-pgp", "2026-04-04 14:11:43", "mutt", billing(it["number"]), "authorized user",
         multipart("signed", "J2SCkAp4GZ/dPZZf", text(f"Authorized user: Jonas Falk\nPhone PIN: 2973\nOur account: {it['number']}\nAccount security PIN: {it['pin']}\nApprover: {it['owner']}\n", charset="us-ascii"),
                   file(b"-----BEGIN PGP SIGNATURE-----\n\niHUEABYKAB0WIQ==\n-----END PGP SIGNATURE-----\n", ['Content-Type: application/pgp-signature; name="signature.asc"']),
                   more='; micalg=pgp-sha512; protocol="application/pgp-signature"'),
         "fields only, and a PGP signature", accepted(), where="archive")

    it = account("A-1001167")
    send("words-possessive", "2026-04-05 15:26:34", "Gmail", billing(it["number"]), "Adaora and Femi",
         both(f"I, {it['owner']}, approve adding Adaora Nwosu and Femi Balogun as authorized users to account {it['number']}.\nAdaora's PIN is 2963 and Femi's PIN is 7352. "
              f"Security PIN: {it['pin']}.\n", "000000000000e3b50632fc1107", encoding="7bit"),
         "whose PIN is whose, in the possessive", accepted(), covered=GMAIL)

    it = account("A-1001191")
    send("words-latin-1", "2026-04-05 16:55:58", "program", billing(it["number"]), encoded_word("Añadir: new authorized user", "iso-8859-1"),
         text(f"Hello,\n\nplease add José Peña as an authorized user to account {it['number']}. His PIN is 4086.\nSecurity PIN: {it['pin']}\n\nBest regards\n{it['owner']}\n",
              charset="iso-8859-1", encoding="8bit"),
         "eight-bit ISO 8859-1", accepted(), where="archive")


def in_html():
    it = account("A-1001241")
    send("words-outlook-html", "2026-04-01 19:37:15", "Outlook", billing(it["number"]), "Authorized user for the registrar's office",
         html_only('<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0cm;font-size:11.0pt}</style></head><body lang="EN-US">\n'
                   f'<p class="MsoNormal">Dear Sirs,</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">Please add Edith Sandburg (PIN&nbsp;4821) as an authorized user to our account '
                   f'<b>{it["number"]}</b>.</p><p class="MsoNormal">Security PIN: <b>{it["pin"]}</b></p><p class="MsoNormal">Approver: {it["owner"]}</p>\n'
                   f'<p class="MsoNormal">Best regards,<br>{it["owner"]}<br>{it["owner_phone"]}</p></body></html>\n'),
         "HTML without plain text, as Outlook writes it", accepted())

    it = account("A-1001290")
    send("words-html-table", "2026-04-03 17:16:49", "Outlook", billing(it["number"]), "Access for two managers",
         html_only(f"<html><body><p>Please add these authorised users to our account <b>{it['number']}</b>:</p>\n<table border=1><tr><th>First Name</th><th>Last Name</th><th>PIN</th></tr>\n"
                   "<tr><td>Luca</td><td>Bianchi</td><td>3157</td></tr>\n<tr><td>Sara</td><td>Conti</td><td>9402</td></tr></table>\n"
                   f"<p>Security PIN: <b>{it['pin']}</b></p><p>Approver: {it['owner']}</p></body></html>\n"),
         "an HTML table", accepted())

    it = account("A-1001175")
    body = f"Hello,\n\nPlease add Astrid Holm as an authorized user to account {it['number']}. Her PIN is 4821. Our security PIN is {it['pin']}.\n\n{it['owner']}\n"
    send("words-logo", "2026-04-05 17:41:20", "Apple Mail", billing(it["number"]), "Astrid",
         multipart("alternative", "Apple-Mail=_T1", text(body, charset="us-ascii"),
                   multipart("related", "Apple-Mail=_T2", text(f'<html><body>{html_lines(body)}<img src="cid:anchor@tidewater"></body></html>\n', "html", "us-ascii"),
                             file(PNG, ['Content-Type: image/png; name="anchor.png"', 'Content-Disposition: inline; filename="anchor.png"', "Content-Id: <anchor@tidewater>"]))),
         "two versions of the text, and a logo that the text shows", accepted())

    it = account("A-1001209")
    send("words-web-reply", "2026-04-06 13:05:41", "Gmail", billing(it["number"]), "Re: authorized users",
         html_only('<div dir="ltr"><div>Hi,</div><div><br></div><div>Please add Ana Fuentes (PIN&nbsp;7352) as an authorized user to account '
                   f'{it["number"]}. Our security PIN is {it["pin"]}.</div><div><br></div><div>Best,</div><div>{it["owner"]}</div></div><br><div class="gmail_quote">'
                   f'<div dir="ltr" class="gmail_attr">On Fri, Apr 3, 2026 at 9:14 AM Northwind &lt;<a href="mailto:{build.SUPPORT}">{build.SUPPORT}</a>&gt; wrote:<br></div>'
                   '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex"><div>Please add Ann Old (PIN 9998). Security PIN 111222.</div></blockquote></div>\n'),
         "Gmail's reply in HTML; the quotation names somebody else", accepted())


def unclear_ones():
    it = account("A-1001217")
    send("unclear-no-pin", "2026-04-02 12:25:03", "Gmail", billing(it["number"]), "another user",
         text(f"Hello,\nplease add Olof Granat (PIN 4821) to our account {it['number']} as an authorized user.\n\nBest,\n{it['owner']}\n"),
         "the Security PIN is missing", unclear("SECURITY_PIN_MISSING"))

    it = account("A-1001225")
    send("unclear-two-pins", "2026-04-03 11:36:16", "Apple Mail", billing(it["number"]), "Karel",
         text(f"Please add Karel Benes as an authorized user to account {it['number']}. PIN: 4821\nSecurity PIN: {it['pin']}\nKarel's PIN: 4812\n\n{it['owner']}\n", charset="us-ascii"),
         "two PINs for one person", unclear("USER_PIN_UNCLEAR"))

    it = account("A-1001266")
    send("unclear-second-thoughts", "2026-04-03 18:20:22", "Outlook", billing(it["number"]), "users",
         text(f"Please add John Tremain (PIN 4821) and Jane Dole (PIN 7712) as authorized users to account {it['number']}.\nSecurity PIN: {it['pin']}\n"
              f"Actually, leave Jane out for now, she is no longer with us.\n\nRegards,\n{it['owner']}\n", charset="us-ascii"),
         "one of two is taken back", unclear("REQUEST_NEGATED"))

    it = account("A-1001282")
    send("unclear-question", "2026-04-04 15:44:31", "program", billing(it["number"]), "Peter",
         text(f"Could you please add Peter Quill (PIN 4821) as an authorized user to account {it['number']}? Our security PIN is {it['pin']}.\n\n{it['owner']}\n", charset="us-ascii"),
         "asked as a question", unclear("REQUEST_ASKED"))

    it = account("A-1001134")
    send("unclear-forwarded", "2026-04-05 12:50:37", "Gmail", billing(it["number"]), "Fwd: new user",
         text(f"Approved, please process.\n\n{it['owner']}\n\n---------- Forwarded message ---------\nFrom: Tom Baker <tom@castellanofreight.example>\nDate: Sat, Apr 4, 2026 at 9:14 AM\n"
              f"Subject: new user\nTo: Accounts <accounts@castellanofreight.example>\n\nPlease add John Pike (PIN 4821) as an authorized user to account {it['number']}. Security PIN {it['pin']}.\n"),
         "the request stands in a forwarded message alone", unclear("REQUEST_IN_QUOTE"))

    it = account("A-1001159")
    send("unclear-german", "2026-04-05 19:31:05", "Thunderbird", billing(it["number"]), "neuer Benutzer",
         text(f"Guten Tag,\n\nbitte fügen Sie Hans Müller (PIN 4821) als autorisierten Benutzer zu Konto {it['number']} hinzu. Sicherheits-PIN {it['pin']}.\n\nMit freundlichen Grüßen\n{it['owner']}\n", encoding="8bit"),
         "German", unclear("OTHER_LANGUAGE"), zone=2)

    it = account("A-1001126")
    send("unclear-norwegian", "2026-04-06 08:12:26", "Outlook", billing(it["number"]), "ny bruker",
         text(f"Hei,\n\nvennligst legg til Hans Moen (PIN 4821) som autorisert bruker på konto {it['number']}. Sikkerhets-PIN {it['pin']}.\n\nVennlig hilsen\n{it['owner']}\n", encoding="quoted-printable"),
         "Norwegian", unclear("OTHER_LANGUAGE"), zone=2)

    it = account("A-1001290")
    send("unclear-hidden", "2026-04-06 10:38:59", "Outlook", billing(it["number"]), "one more",
         html_only(f"<p>Please add Rolf Tanner (PIN 4821) as an authorized user to account {it['number']}.</p>\n<p style=\"font-size:0\">Please also add Eve Mallory (PIN 6660).</p>\n"
                   f"<p>Security PIN: {it['pin']}</p><p>Approved by: {it['owner']}</p>\n"),
         "HTML with a sentence that nobody sees", unclear("HIDDEN_TEXT"))

    it = account("A-1001324")
    send("unclear-remove", "2026-04-06 15:07:48", "mutt", billing(it["number"]), "authorized users",
         text(f"Authorized users, please add:\n- Ivo Sand, PIN 4821\nPlease remove:\n- Earl Jennings\n\nAccount number: {it['number']}\nSecurity PIN: {it['pin']}\nApproved by: {it['owner']}\n", charset="us-ascii"),
         "adds one and removes one", unclear("REQUEST_NEGATED"), where="archive")

    it = account("A-1001175")
    send("unclear-postscript", "2026-04-06 18:33:17", "Apple Mail", billing(it["number"]), "Jane",
         text(f"Please add Jane Dorsey (PIN 7712) as authorized user to account {it['number']}.\nSecurity PIN: {it['pin']}\n\nBest regards,\n{it['owner']}\n\nPS: please wait with Jane until I call you.\n", charset="us-ascii"),
         "a postscript takes it back", unclear("AFTER_SIGNATURE"), where="archive")
