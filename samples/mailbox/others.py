"""What else lies in a support mailbox: files that a person must look at, and mail that asks for nothing."""
from build import both, docx, file, locked_zip, multipart, part, text
from sample import account, billing, form, ignored, not_read, send
import build


def others():
    for_a_person()
    from_programs()
    from_people()


def for_a_person():
    send("photo-of-form", "2026-04-06 19:26:02", "iPhone", "Walter Novak <walter@copperkettle.example>", "form",
         multipart("mixed", "Apple-Mail-5B6C", text("\n", charset="us-ascii"),
                   file((build.MAILBOX / "forms/copper-kettle-photo.jpg").read_bytes(), ['Content-Type: image/jpeg;\n\tname=IMG_0416.jpeg;\n\tx-apple-part-url=77', "Content-Disposition: inline;\n\tfilename=IMG_0416.jpeg"]),
                   text("\n\nSent from my iPhone\n", charset="us-ascii")),
         "a photo of the form", not_read("PICTURE"))
    word = docx(["Authorized User Form", "Account: A-1001191", "Please see attached signature"])
    send("word-document", "2026-04-03 20:04:17", "Outlook", "Carlos Ibarra <carlos@mesaverderealty.example>", "form in Word",
         multipart("mixed", "_004_MV_", text("I typed the form into Word, see attached.\n"),
                   file(word, ['Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document; name="form.docx"', 'Content-Disposition: attachment; filename="form.docx"'])),
         "the form typed into a Word document", not_read("OFFICE_DOCUMENT"))
    send("locked-archive", "2026-04-04 12:12:12", "program", "Gregory Ames <games@penroseschool.example>", "Form (password by phone)",
         multipart("mixed", "=_locked", text("The password is our usual one.\n"),
                   file(locked_zip("form.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 4), ['Content-Type: application/zip; name="form.zip"', 'Content-Disposition: attachment; filename="form.zip"'])),
         "an archive with a password", not_read("ZIP_ENCRYPTED"))
    winmail = bytes.fromhex("789f3e22010001069007000400000000000100") + b"\0" * 200
    send("winmail", "2026-04-05 11:08:24", "Outlook", "Irina Volkova <irina@atlascourier.example>", "form",
         multipart("mixed", "_004_TNEF_", text("See attachment.\n"),
                   file(winmail, ['Content-Type: application/ms-tnef; name="winmail.dat"', 'Content-Disposition: attachment; filename="winmail.dat"'])),
         "Outlook's own wrapping", not_read("WINMAIL_DAT"))
    send("encrypted", "2026-04-06 20:41:33", "Outlook", "Farid Nassar <farid@kestrelanalytics.example>", "encrypted message",
         file(b"\x30\x82" + bytes(range(200)), ['Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', 'Content-Disposition: attachment; filename="smime.p7m"']),
         "S/MIME, encrypted", not_read("ENCRYPTED"), where="archive")
    send("list-as-file", "2026-04-06 21:17:19", "Thunderbird", billing("A-1001316"), "users",
         multipart("mixed", "------------list", text("The list is attached.\n"),
                   file(b"First name,Last name\r\nOlha,Kovalenko\r\n", ['Content-Type: text/csv; name="users.csv"', 'Content-Disposition: attachment; filename="users.csv"'])),
         "a list of users as a file", not_read("ATTACHED_TEXT"))


def from_programs():
    send("newsletter", "2026-04-01 12:00:02", "program", "Cloud Weekly <news@cloudweekly.example>", "April deals for your team",
         both("April deals\n\nAdd unlimited users to your plan for only $4,821 a year!\nOffer ends 04/30/2026. Order code SAVE2026.\n\nUnsubscribe: https://cloudweekly.example/u?id=4821\n",
              "=_cw_0401", '<div style="display:none;max-height:0">Save 4821 now &zwnj;&nbsp;&zwnj;</div><h1>April deals</h1><p>Add unlimited users to your plan for only $4,821 a year!</p>'
              '<p>Offer ends 04/30/2026. Order code SAVE2026.</p><p><a href="https://cloudweekly.example/u?id=4821">Unsubscribe</a></p>\n'),
         "a newsletter that speaks of adding users", ignored(), fields=["List-Unsubscribe: <https://cloudweekly.example/u?id=4821>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "Precedence: bulk"],
         key="strangers", server="o7.cloudweekly.example")
    send("out-of-office", "2026-04-01 13:20:55", "Outlook", billing("A-1001282"), "Automatic reply: Your account",
         text(f"I am out of the office until 04/13/2026 with limited access to email.\nFor urgent matters please contact Tom Baker at 555-010-4821.\n\nNaomi Tanaka\n", charset="us-ascii"),
         "an absence note", ignored(), fields=["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All", "Precedence: auto_reply"])
    it = account("A-1001175")
    send("acknowledgement", "2026-04-04 06:33:50", "program", billing(it["number"], "Tidewater Accounts Payable"), "Re: [#5150] new user",
         text(f"Thank you for your message, which we repeat below. We answer within two days.\n\nPlease add Victor Crane (PIN 4381) as an authorized user to account {it['number']}.\n\n"
              f"Security PIN: {it['pin']}\nApproved by: {it['owner']}\n", charset="us-ascii"),
         "a customer's program, which signs what a stranger wrote to it", ignored(), fields=["Auto-Submitted: auto-replied"])
    report = part(["Content-Type: message/delivery-status"], build.crlf(f"Reporting-MTA: dns; {build.OWN_SERVER}\n\nFinal-Recipient: rfc822; walter@copperkettle.example\n"
                                                                       "Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full\n").encode())
    returned = part(["Content-Type: text/rfc822-headers"], build.crlf(f"From: Northwind Hosting <{build.SUPPORT}>\nTo: walter@copperkettle.example\nSubject: Please add the missing PIN of the "
                                                                      "authorized user\n").encode())
    send("bounce", "2026-04-02 09:30:41", "program", f"Mail Delivery System <MAILER-DAEMON@{build.OWN_SERVER}>", "Undelivered Mail Returned to Sender",
         multipart("report", "9B1C2.1775122241/mx", text("I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n", charset="us-ascii"), report, returned,
                   more="; report-type=delivery-status"),
         "a delivery report", ignored(), is_signed=False, fields=["Auto-Submitted: auto-replied"], server="localhost")
    invitation = ("BEGIN:VCALENDAR\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nDTSTART:20260408T140000Z\nDTEND:20260408T143000Z\n"
                  "UID:7q2k@calendar.example\nORGANIZER;CN=Dana Whitfield:mailto:dana@kestrelanalytics.example\nSUMMARY:Hosting review\nEND:VEVENT\nEND:VCALENDAR\n")
    send("invitation", "2026-04-02 11:22:33", "Gmail", "Dana Whitfield <dana@kestrelanalytics.example>", "Invitation: Hosting review @ Wed Apr 8, 2026 10am",
         multipart("mixed", "000000000000f00d0632f9aa", multipart("alternative", "000000000000f00d0432f9a8", text("You have been invited to the following event.\n\nHosting review\nWednesday Apr 8, 2026\n"),
                   text("<p>You have been invited to the following event.</p><p>Hosting review</p><p>Wednesday Apr 8, 2026</p>\n", "html"),
                   text(invitation, "calendar", more="; method=REQUEST")),
                   file(invitation.encode(), ['Content-Type: application/ics; name="invite.ics"', 'Content-Disposition: attachment; filename="invite.ics"'])),
         "a calendar invitation", ignored())
    receipt = part(["Content-Type: message/disposition-notification"], build.crlf("Reporting-UA: desk; Thunderbird\nFinal-Recipient: rfc822;orders@copperkettle.example\n"
                                                                                 "Original-Message-ID: <n-77@northwind-hosting.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n").encode())
    send("read-receipt", "2026-04-02 19:05:27", "Thunderbird", billing("A-1001225"), "Return Receipt (displayed) - Your account",
         multipart("report", "------------mdn815", text("This is a Return Receipt for the mail that you sent to orders@copperkettle.example.\n"), receipt, more="; report-type=disposition-notification"),
         "a read receipt", ignored())
    send("mailing-list", "2026-04-03 07:42:31", "mutt", "Ola Berg <ola@hosters.example>", "[hosters] Authorized users: how do you do it?",
         text("Hi all,\n\nhow do other providers let customers add authorized users?\n\nOla\n\n_______________________________________________\nhosters mailing list\nhosters@lists.hosters.example\n", charset="us-ascii"),
         "a mailing list", ignored(), fields=["List-Id: Hosters <hosters.lists.hosters.example>", "List-Post: <mailto:hosters@lists.hosters.example>", "Precedence: list"],
         is_signed=False, server="lists.hosters.example", where="archive")
    send("spam", "2026-04-03 05:50:05", "program", "Best Price <offer-2291@lucky-pills.example>", "RE: RE: Your order 88412",
         text('<html><body><p>Congratulations!!! Your order 88412 has been approved. <a href="http://lucky-pills.example/?c=9981">Click here</a> within 24 hours.</p></body></html>\n', "html"),
         "spam", ignored(), is_signed=False, server="host-9.lucky-pills.example")
    send("phishing", "2026-04-04 04:09:44", "program", "Northwind Hosting <security@northwind-hosting-verify.example>", "Your mailbox is almost full",
         text('<html><body><p>Dear user, your mailbox is 98% full. <a href="https://northwind-hosting-verify.example/login">Verify your password</a> to avoid suspension.</p></body></html>\n', "html"),
         "phishing for a password", ignored(), key="strangers", server="vps-81.cheaphost.example", where="archive")
    send("marketing", "2026-04-05 10:10:10", "program", "Portal Team <hello@portalapp.example>", "Add authorized users in one click",
         text("Add authorized users to your account in one click! Our new portal makes it easy. Unsubscribe: https://portalapp.example/4821\n"),
         "an advertisement in the words of a request", ignored(), key="strangers", server="o2.portalapp.example")


def from_people():
    send("question-how", "2026-04-01 18:11:36", "Gmail", "Margaret Henley <margaret@henleydental.example>", "Question",
         text("Hi there,\n\nhow do I add authorized users to my account? Is there a form I can fill in?\n\nThanks,\nMargaret Henley\n"),
         "asks how it is done", ignored())
    send("question-invoice", "2026-04-02 22:37:53", "Yahoo", billing("A-1001233"), "Invoice 2026-4821",
         text("Hello,\n\ninvoice 2026-4821 for account A-1001233 shows $7,712.00 but we were quoted $5,829.10. Could you check please?\n\nFrom Monday on I am away, so please answer today.\n\nKind regards\nRosa Delgado\n"),
         "about an invoice; a line that begins with From", ignored(), where="archive")
    send("thanks", "2026-04-04 20:03:09", "iPhone", billing("A-1001217"), "Re: New authorized user",
         text("Thanks for adding Sofia so quickly, everything works.\n\nHannah Lindqvist\n\nSent from my iPhone\n", charset="us-ascii"),
         "thanks", ignored())
    send("not-me", "2026-04-06 09:44:58", "Outlook", billing("A-1001258"), "RE: Account A-1001258",
         text("I did not write this. What is it about?\n\nBeatrice Holm\n\n-----Original Message-----\nFrom: accounts@riverbend-press.example\nSent: Sunday, April 5, 2026 3:12 AM\n"
              f"To: {build.SUPPORT}\nSubject: Account A-1001258\n\nPlease add Eve Mallory (PIN 6660) as authorized user to account A-1001258. Security PIN 582910. Beatrice Holm\n", charset="us-ascii"),
         "a customer asks about a request that is not theirs", ignored())
    send("empty", "2026-04-05 21:59:40", "Android", billing("A-1001191"), "", text(""), "nothing at all in it", ignored())
