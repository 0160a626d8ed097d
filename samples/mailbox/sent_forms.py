"""Messages that bring forms, as the usual mail programs send them."""
from build import both, file, html_lines, message, multipart, part, pdf, text, zip_of
from sample import Row, SAMPLES, accepted, billing, deliver, encoded_word, form, send
import build

PNG = build.base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def forms():
    hello = "Hello,\n\nplease find our completed form attached.\n\nBest regards\nMargaret Henley\n"
    apple = "Apple-Mail=_5E0C2F1A-77B1-4D5C-8E43-0F9E8D7C6B5A"
    html = f"<html><body>{html_lines(hello)}</body></html>"
    send("form-apple-mail", "2026-04-01 13:02:11", "Apple Mail", "Margaret Henley <margaret@henleydental.example>", "Authorized user form",
         multipart("alternative", apple, text(hello),
                   multipart("mixed", apple + "-2", text(html, "html"),
                             file(form("henley"), ["Content-Disposition: inline;\n\tfilename*=utf-8''Authorized%20User%20Form%20%E2%80%93%20Henley.pdf",
                                                   'Content-Type: application/pdf;\n\tx-unix-mode=0644;\n\tname="Authorized User Form - Henley.pdf"']),
                             text("<html><body><br></body></html>", "html", "us-ascii"))),
         "the form stands within the HTML, as Apple Mail shows it", accepted("2.2/Authorized User Form – Henley.pdf"))

    send("form-iphone", "2026-04-01 15:40:33", "iPhone", encoded_word("Amélie Rousseau") + " <amelie@brightwatercafe.example>", "Re: Your form",
         multipart("mixed", "Apple-Mail-2C0B6C0E-4D1F-4B7E-9A1D-7E6F5D4C3B2A", text("\n", charset="us-ascii"),
                   file(form("brightwater"), ['Content-Type: application/pdf;\n\tname=IMG_Form.pdf;\n\tx-apple-part-url=5C4D', 'Content-Disposition: inline;\n\tfilename=IMG_Form.pdf']),
                   text("\n\nSent from my iPhone\n", charset="us-ascii")),
         "filled in on the phone; the file between two empty texts", accepted("2/IMG_Form.pdf"))

    norwegian = "Hei,\n\nher er skjemaet vårt, ferdig utfylt.\n\nVennlig hilsen\nIngrid Sørensen\n"
    page = ('<html><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><style>p.MsoNormal{margin:0cm}</style></head>'
            f'<body lang="NO">{html_lines(norwegian, "p class=MsoNormal").replace("</p class=MsoNormal>", "</p>")}<img src="cid:logo.png@01DCC1A4"></body></html>')
    send("form-outlook", "2026-04-01 16:21:07", "Outlook", encoded_word("Ingrid Sørensen", "iso-8859-1") + " <ingrid@nordlys.example>",
         encoded_word("Skjema for ny bruker – ferdig utfylt"),
         multipart("mixed", "_004_AM9PR04MB8274_", multipart("related", "_003_AM9PR04MB8274_",
                   both(norwegian, "_000_AM9PR04MB8274_", page, "iso-8859-1"),
                   file(PNG, ['Content-Type: image/png; name="logo.png"', 'Content-Disposition: inline; filename="logo.png"', "Content-ID: <logo.png@01DCC1A4>"]),
                   more='; type="multipart/alternative"'),
                   file(form("nordlys"), [f'Content-Type: application/pdf;\n\tname="{encoded_word("Skjema (Ærlig utfylt).pdf", "iso-8859-1")}"', "Content-Description: skjema",
                                          f'Content-Disposition: attachment;\n\tfilename="{encoded_word("Skjema (Ærlig utfylt).pdf", "iso-8859-1")}"; size=38756'])),
         "Outlook's parts, its logo, an encoded file name", accepted("2/Skjema (Ærlig utfylt).pdf"), zone=2)

    cover = "Hi,\n\nform for our new dispatcher is attached, signed by me.\n\n-- \nMateo Quiroga\nCastellano Freight Lines\n"
    send("form-gmail", "2026-04-02 14:10:54", "Gmail", "Mateo Quiroga <mateo@castellanofreight.example>", "Form",
         multipart("mixed", "000000000000aa51e30632f9f0a1", both(cover, "000000000000aa51e10632f9f09f"),
                   file(form("castellano"), ['Content-Type: application/pdf; name="authorized-user (1).pdf"', 'Content-Disposition: attachment; filename="authorized-user (1).pdf"',
                                             "Content-ID: <f_m2x7k1>", "X-Attachment-Id: f_m2x7k1"])),
         "an Authorized User sends it, from Gmail", accepted("2/authorized-user (1).pdf"),
         covered=["to", "subject", "message-id", "date", "from", "mime-version", "from", "to", "subject", "date", "message-id"])

    send("form-thunderbird", "2026-04-02 08:33:20", "Thunderbird", encoded_word("Łucja Żak") + " <lucja@tkaninylodzkie.example>", encoded_word("Formularz dla Grażyny Śliwy"),
         multipart("mixed", "------------0Zp7w3rYc2b9", text("Dzień dobry,\n\nw załączeniu formularz.\n\nŁucja Żak\n", encoding="8bit", more="; format=flowed"),
                   file(form("tkaniny"), ["Content-Type: application/pdf;\n name*0*=UTF-8''formularz%20%2D%20;\n name*1*=Gra%C5%BCyna%20%C5%9Aliwa.pdf",
                                          "Content-Disposition: attachment;\n filename*0*=UTF-8''formularz%20%2D%20;\n filename*1*=Gra%C5%BCyna%20%C5%9Aliwa.pdf"])),
         "a file name in two pieces (RFC 2231)", accepted("2/formularz - Grażyna Śliwa.pdf"), zone=2)

    send("form-yahoo", "2026-04-02 17:45:02", "Yahoo", "Dana Whitfield <dana@kestrelanalytics.example>", "our form",
         multipart("mixed", "----=_Part_2214_918273.1775151902000", both("Attached.\n\nDana\n", "----=_Part_2215_1.1775151902001", encoding="7bit"),
                   file(form("kestrel"), ["Content-Type: application/pdf", 'Content-Disposition: attachment; filename="KESTREL FORM.PDF"', "Content-ID: <7a1c@yahoo.example>"])),
         "Yahoo's webmail, a name in capitals", accepted("2/KESTREL FORM.PDF"))

    send("form-mutt", "2026-04-02 20:15:47", "mutt", "Chidi Okafor <chidi@okaforbuilders.example>", "form for the site office",
         multipart("signed", "gKMricLos+KVdGMg", multipart("mixed", "u3/rZRmxL6MmkK24", text("Form attached. From now on Ngozi may call, too.\n", charset="us-ascii"),
                   pdf("form.pdf", form("okafor"))), file(b"-----BEGIN PGP SIGNATURE-----\n\niHUEABYKAB0WIQ==\n-----END PGP SIGNATURE-----\n",
                   ['Content-Type: application/pgp-signature; name="signature.asc"']), more="; micalg=pgp-sha512; protocol=\"application/pgp-signature\""),
         "signed with PGP, which is not checked; a sentence about calls", accepted("1.2/form.pdf"), where="archive")

    both_forms = zip_of([("forms/tidewater.pdf", form("tidewater")), ("forms/larkspur.pdf", form("larkspur"))])
    send("form-zip", "2026-04-03 09:12:40", "Outlook", "Ledger Partners <desk@ledgerpartners.example>", "Two clients, two forms",
         multipart("mixed", "_004_DB7PR02MB4411_", both("Dear all,\n\nattached are the forms of two clients of ours.\n\nRegards\nLedger Partners\n", "_000_DB7PR02MB4411_"),
                   file(both_forms, ['Content-Type: application/x-zip-compressed; name="forms.zip"', 'Content-Disposition: attachment; filename="forms.zip"'])),
         "their accountant sends an archive with the forms of two customers", accepted("2/forms.zip/forms_larkspur.pdf"), accepted("2/forms.zip/forms_tidewater.pdf"))

    inner_at = build.moment("2026-04-03 10:05:00")
    inner = message(build.envelope("Gmail", "Paula Ibarra <paula@mesaverderealty.example>", "the form, signed", inner_at, -6),
                    multipart("mixed", "000000000000bb62f40632f9f1b2", both("Here it is.\n\nPaula\n", "000000000000bb62f20632f9f1b0"), pdf("mesa verde.pdf", form("mesa-verde"))))
    send("form-forwarded", "2026-04-03 10:31:16", "Thunderbird", billing("A-1001191", "Mesa Verde Realty"), "Fwd: the form, signed",
         multipart("mixed", "------------Xc81mm0aPq3L", text("Forwarding this for Paula.\n"),
                   part(['Content-Type: message/rfc822; name="the form, signed.eml"', 'Content-Disposition: attachment; filename="the form, signed.eml"', "Content-Transfer-Encoding: 7bit"], inner)),
         "the message with the form is attached to another", accepted("2.2/mesa verde.pdf"))

    send("form-two", "2026-04-03 16:48:29", "Apple Mail", "Eleanor Fenwick <efenwick@fenwickpruitt.example>", "Two forms",
         multipart("mixed", "Apple-Mail=_91C4E1B0-2F7D-41A0-8B17-DD3C55E0A1F2", text("Two forms, one by Simon and one by me.\n"),
                   pdf("Fenwick.pdf", form("fenwick-own"), "inline"), text("\n"), pdf("Pruitt.pdf", form("fenwick-download"), "inline")),
         "two forms; one is a public download", accepted("2/Fenwick.pdf"), accepted("4/Pruitt.pdf"))

    german = "Guten Tag,\n\nanbei das ausgefüllte Formular für Herrn Weiß.\n\nMit freundlichen Grüßen\nRosa Delgado\n"
    send("form-german", "2026-04-04 08:55:13", "Outlook", "Rosa Delgado <rosa@summitridge.example>", encoded_word("Formular für Jürgen Weiß", "iso-8859-1"),
         multipart("mixed", "_004_FR2P281MB0017_", text(german, charset="iso-8859-1", encoding="quoted-printable"),
                   file(form("summit-ridge"), [f'Content-Type: application/octet-stream; name="{encoded_word("Formular Jürgen Weiß.pdf", "iso-8859-1", "B")}"',
                                               f'Content-Disposition: attachment; filename="{encoded_word("Formular Jürgen Weiß.pdf", "iso-8859-1", "B")}"'])),
         "ISO 8859-1 throughout, the file as application/octet-stream", accepted("2/Formular Jürgen Weiß.pdf"), zone=2)

    japanese = "お世話になっております。\n記入済みの申請書を添付いたします。\n\n森 有希\n"
    send("form-japanese", "2026-04-04 01:20:58", "program", encoded_word("森 有希", "iso-2022-jp", "B") + " <yuki@silverbirch.example>", encoded_word("申請書の件", "iso-2022-jp", "B"),
         multipart("mixed", "----=_NextPart_000_0041_01DCC42A", text(japanese, charset="iso-2022-jp"),
                   file(form("silver-birch"), [f'Content-Type: application/pdf; name="{encoded_word("申請書.pdf", "iso-2022-jp", "B")}"',
                                               f'Content-Disposition: attachment; filename="{encoded_word("申請書.pdf", "iso-2022-jp", "B")}"'])),
         "ISO-2022-JP, as Japanese mail programs write it", accepted("2/申請書.pdf"), zone=9)

    send("form-quoted-printable", "2026-04-04 11:41:36", "program", "Nadia Grant <nadia@pinecrestpm.example>", "Scan to office",
         multipart("mixed", "=_pinecrest_0419", text("form attached\n", charset="us-ascii"),
                   file(form("pinecrest"), ['Content-Type: application/octet-stream; name="form"', 'Content-Disposition: attachment; filename="form"'], "quoted-printable")),
         "quoted-printable, and a file name without an ending", accepted("2/form"), where="archive")

    send("form-roundcube", "2026-04-06 09:27:44", "Roundcube", "Hannah Lindqvist <hannah@blueheronvet.example>", "Form for Gustav",
         multipart("mixed", "=_6e0c0d2a7f9b", text("Hello, the completed form is attached. \nThanks!\n\n-- \nHannah Lindqvist\n", more="; format=flowed", charset="US-ASCII"),
                   file(form("blue-heron"), ["Content-Type: application/pdf;\n name=blue-heron.pdf", "Content-Disposition: inline;\n filename=blue-heron.pdf;\n size=65209"])),
         "webmail, the file shown inline", accepted("2/blue-heron.pdf"), is_signed=False)

    # What must not be accepted.
    send("form-again", "2026-04-05 18:02:51", "Android", "Margaret Henley <maggie.henley@freemail.example>", "form again",
         multipart("mixed", "--_com.android.email_88120", text("Did you get this? Sending it again from home.\n"),
                   pdf("Henley.pdf", form("henley"))),
         "the form of 1 April once more, from another address and program", Row("duplicate", path="2/Henley.pdf"), is_signed=False)
    send("form-no-consent", "2026-04-02 21:30:05", "Gmail", "Anton Petrenko <anton@harborviewseafood.example>", "form",
         multipart("mixed", "000000000000cc7305063f", both("Form attached.\n", "000000000000cc7303063f"), pdf("form.pdf", form("harborview"))),
         "the consent box was overlooked", Row("rejected", "CONSENT_MISSING", path="2/form.pdf"))
    send("form-wrong-pin", "2026-04-03 22:11:09", "iPhone", "Martha Jennings <martha@willowcreekfarms.example>", "Form",
         multipart("mixed", "Apple-Mail-0B1F2C3D", text("\n"), pdf("Form.pdf", form("willow-creek"), "inline"), text("\nSent from my iPhone\n")),
         "a wrong Security PIN", Row("rejected", "PIN_INVALID", path="2/Form.pdf"))
    send("form-stranger", "2026-04-04 19:44:00", "program", "Conrad Vane <conrad.vane@freemail.example>", "Riverbend Press: authorized user form",
         multipart("mixed", "=_vane", text("Please process the attached form today.\n"), pdf("riverbend.pdf", form("riverbend"))),
         "a stranger on a form of ours, signed by his own freemail provider", Row("rejected", "SIGNER_NOT_LISTED", path="2/riverbend.pdf"), key="strangers")
    send("form-closed", "2026-04-06 14:52:18", "Apple Mail", "Marcus Lee <marcus@goldenhour.example>", "Form",
         multipart("mixed", "Apple-Mail=_GH-0406", text("Form attached.\n"), pdf("Golden Hour.pdf", form("golden-hour"), "inline")),
         "the account was closed", Row("rejected", "ACCOUNT_CLOSED", path="2/Golden Hour.pdf"), where="archive")
    old = (SAMPLES / "returned/march-26-atlas-courier-old-form.pdf").read_bytes()
    send("form-expired", "2026-04-03 12:06:33", "Outlook", "Dmitri Volkov <dmitri@atlascourier.example>", "RE: form",
         multipart("mixed", "_004_ATLAS_", text("As discussed.\n"), pdf("authorized-user.pdf", old)),
         "a form from November", Row("rejected", "FORM_EXPIRED", path="2/authorized-user.pdf"))
    invoice = (SAMPLES / "returned/march-31-invoice-4471.pdf").read_bytes()
    send("form-invoice", "2026-04-02 10:18:57", "Thunderbird", "Walter Novak <walter@copperkettle.example>", "Invoice 4471",
         multipart("mixed", "------------kT5", text("Our invoice for the office breakfast.\n"), pdf("invoice-4471.pdf", invoice)),
         "an invoice that is no form of ours", Row("rejected", "FORM_NOT_RECOGNISED", path="2/invoice-4471.pdf"), where="archive")
    send("form-scanned", "2026-04-06 16:20:45", "program", "Front Desk MFP <scanner@maplestone.example>", "Scanned from Front Desk MFP",
         multipart("mixed", "DC_BOUNDARY_STRING", text("\n", charset="us-ascii"),
                   file(form("maple-stone-scan"), ['Content-Type: application/octet-stream; name="SCAN0007"', 'Content-Disposition: attachment; filename="SCAN0007"'])),
         "printed, signed by hand and scanned", Row("held", "FORM_IMAGE_ONLY", path="2/SCAN0007"), is_signed=False)
