"""What the demo lacks, so that every screen has something to show and every form something to change."""

import time
import urllib.request

from demo import NORDSTERN

CAR = {"condition": "used", "make": "Mercedes-Benz", "model": "GLC 220 d 4MATIC", "year": 2023, "plate": "B-NS 4711", "mileage": "41.000 km"}
NAMES = [
    ("Jana", "Petersen"), ("Maximilian", "Freiherr von Hohenberg"), ("Ayşe", "Özdemir"), ("Karl-Heinz", "Müller-Lüdenscheidt"), ("Sören", "Ångström"),
]
LINES = [{"text": "Fahrzeug", "amount": 3849000}, {"text": "Winterreifen", "amount": 50000}]
MAILBOX = f"{NORDSTERN}.demo-group@in.forecourt.test"
MESSAGE = "Guten Tag,\nist der Wagen noch da? Ich möchte ihn gern am Samstag ansehen."
EUR = lambda amount: {"amount": amount, "currency": "EUR"}


class Seeds:
    """Makes things by the API."""

    def __init__(self, run):
        self.run, self.number = run, 0

    def lead(self, owner="anna.vogt", dealer=NORDSTERN, **more):
        """Makes a lead with everything that a customer can say. `owner` is `None` for a lead that waits in the pool."""
        self.number += 1
        first, last = NAMES[self.number % len(NAMES)]
        contact = {"first_name": first, "last_name": last, "email": f"c{self.number}@example.com", "phone": f"0171 23456{self.number:02}",
                   "street": "Lange Straße 12", "postcode": "10115", "city": "Berlin"}
        enquiry = {"source": "mobile.de", "type": "used_car", "contact": contact, "vehicle": CAR, "message": MESSAGE, **more}
        lead = self.run.call("gina.group", "POST", f"/dealers/{dealer}/leads", enquiry)["id"]
        if owner:
            self.run.change("gina.group", f"/leads/{lead}", lambda _: {"user": owner}, "POST", "/assignment")
        return lead

    def fill(self, lead):
        """Gives a lead one of everything. Returns the ids by the part of their address."""
        plan = lambda title, kind, clock: {"title": title, "type": kind, "at": f"2026-11-23T{clock}:00+01:00", "user": "anna.vogt"}
        bodies = {
            "comments": {"text": "Wünscht Winterreifen."},
            "events": plan("Probefahrt besprechen", "phone_outbound", "15:00"),
            "tasks": {"title": "Fahrzeug fotografieren", "start": "2026-11-23T11:00:00+01:00", "minutes": 30, "assignee": "anna.vogt"},
            "deadlines": {"title": "Angebot senden", "at": "2026-11-27T17:00:00+01:00"},
            "quotes": {"vehicle": CAR, "price": EUR(3899000), "lines": LINES},
            "test-drives": {"vehicle": CAR, "at": "2026-11-26T15:00:00+01:00", "user": "anna.vogt"},
            "trade-ins": {"vehicle": {"make": "Opel", "model": "Astra", "year": 2016}, "asked": EUR(650000)},
            "contacts": {"first_name": "Tom", "last_name": "Petersen", "phones": [{"number": "0171 9876543"}]},
            "invitations": {"type": "booked_test_drive"},
        }
        return {part: self.add(lead, part, body) for part, body in bodies.items()}

    def add(self, lead, part, body):
        """Adds something to a lead. Returns its id; some are answered with the whole lead."""
        answer, made = self.run.send("anna.vogt", "POST", f"/leads/{lead}/{part}", body)
        place = answer.headers["Location"]
        return place.rsplit("/", 1)[-1] if place.startswith(f"/leads/{lead}/{part}/") else made["id"]

    def document(self, lead):
        """Uploads a document. Returns its id."""
        text = b"Bestellung"
        body = {"title": "Bestellung", "content_type": "text/plain", "bytes": len(text)}
        announced = self.run.call("gina.group", "POST", f"/leads/{lead}/documents", body)
        upload = urllib.request.Request(announced["upload"]["url"], text, {"Content-Type": "text/plain"}, method="PUT")
        urllib.request.urlopen(upload, timeout=10).close()
        self.run.call("gina.group", "POST", f"/leads/{lead}/documents/{announced['id']}/completion")
        return announced["id"]

    def receive(self, to, sender, subject, body, headers=""):
        """Lets a mail arrive."""
        self.number += 1
        text = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{self.number}@mail.example>\r\n{headers}" \
               f"MIME-Version: 1.0\r\n{body}"
        posted = urllib.request.Request(f"{self.run.url}/_local/mail?to={to}", text.encode(), method="POST")
        urllib.request.urlopen(posted, timeout=10).close()

    def wait(self, look, what):
        """Returns what `look` finds, as soon as it finds something."""
        for _ in range(50):
            if found := look():
                return found
            time.sleep(0.2)
        raise SystemExit(f"FAILED: {what} did not arrive")

    def write(self, lead, subject="Ihre Anfrage"):
        """Writes an e-mail to the customer of a lead. Returns its id when it was sent."""
        text = "Guten Tag,\n\nder Wagen ist noch da. Wann möchten Sie ihn sehen?\n\nMit freundlichen Grüßen\nAnna Vogt"
        made = self.run.call("anna.vogt", "POST", f"/leads/{lead}/communications", {"medium": "email", "subject": subject, "text": text})["id"]
        read = lambda: self.run.call("anna.vogt", "GET", f"/leads/{lead}/communications/{made}")["fate"] not in ("queued", "sending")
        self.wait(read, "the e-mail")
        return made

    def answer(self, lead, sender=None, subject="AW: Ihre Anfrage", headers="", body=None):
        """Lets the customer, or another sender, answer an e-mail of a lead. Returns the id of the answer."""
        self.write(lead)
        sent = self.run.call(None, "GET", "/_local/outbox")["mails"]
        mail = next(mail for mail in reversed(sent) if (mail["reply_to"] or "").startswith(lead))
        known = lambda: {one["id"] for one in self.run.call("anna.vogt", "GET", f"/leads/{lead}/communications")["elements"] if "received" in one}
        before = known()
        plain = "Content-Type: text/plain; charset=utf-8\r\n\r\nJa, gerne am Samstag um zehn. Bringe ich den Schein mit?\r\n"
        self.receive(mail["reply_to"], sender or f"{mail['to_name']} <{mail['to']}>", subject, body or plain, headers)
        return self.wait(lambda: known() - before, "the answer").pop()

    def stop(self, lead):
        """Records that the customer of a lead wants no text messages. Returns the id of the stop."""
        contact = self.run.call("anna.vogt", "GET", f"/leads/{lead}")["contacts"][0]
        self.run.call("anna.vogt", "POST", f"/leads/{lead}/stops", {"address": contact["phones"][0]["e164"], "reason": "stopped", "note": "am Telefon"})
        return self.run.call("anna.vogt", "GET", f"/leads/{lead}/stops")["stops"][0]["id"]

    def order(self, path, lead, **more):
        """Orders an erasure, an access file or a legal hold of the contact of a lead. Returns its id."""
        return self.run.call("gina.group", "POST", path, {"lead": lead, "contact": "000001", **more})["id"]

    def erase(self):
        """Erases the contact of a new lead."""
        erasure = self.order("/erasures", self.lead(), reason="requested")
        self.wait(lambda: self.run.call("gina.group", "GET", f"/erasures/{erasure}")["state"] == "done", "the receipt of the erasure")

    def bounced(self, works=False):
        """Makes a lead whose e-mail came back. `works` if its stop is lifted, so that the e-mail can be sent again. Returns lead and e-mail."""
        lead = self.lead(contact={"last_name": "Petersen", "email": f"bounce+{self.number}@simulator.amazonses.com"})
        sent = self.write(lead)
        stops = lambda: self.run.call("anna.vogt", "GET", f"/leads/{lead}/stops")["stops"]
        stop = self.wait(stops, "the report")[0]["id"]
        if works:
            self.run.call("anna.vogt", "DELETE", f"/leads/{lead}/stops/{stop}")
        return lead, sent

    def texts(self):
        """Gives the dealer canned answers, and a name for the vehicle sheet."""
        for medium, subject in (("email", "Ihr {{ vehicle }}"), ("sms", "")):
            text = {"kind": "canned", "medium": medium, "language": "de", "name": "Besichtigung", "subject": subject,
                    "text": "{{ greeting }}\n\nwann passt es Ihnen am besten?\n\n{{ seller }}"}
            self.run.call("gina.group", "PUT", f"/dealers/{NORDSTERN}/texts/besichtigung-{medium}", text, **{"If-None-Match": "*"})
        self.run.change("gina.group", f"/dealers/{NORDSTERN}/mailbox", lambda read: {**read["settings"], "expose": "Datenblatt"})

    def conversation(self):
        """Makes a lead with messages of every kind: a customer with files, a stranger, a program, a call, a text message. Returns it."""
        lead = self.lead()
        part = lambda kind, name, text: f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{text}\r\n"
        files = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" \
                "Anbei der Fahrzeugschein.\r\n\r\n" + part("application/pdf", "Fahrzeugschein.pdf", "%PDF-1.7 x") \
                + part("text/plain", "start.js", "alert(1)") + "--b--\r\n"
        self.answer(lead, body=files)
        self.answer(lead, sender="Tom Fremd <tom@elsewhere.example>")
        self.answer(lead, subject="Abwesend", headers="Auto-Submitted: auto-replied\r\n")
        for body in ({"medium": "sms", "text": "Bis Samstag „um zehn“!"}, {"medium": "call", "reached": False, "note": "Mailbox besprochen"}):
            self.run.call("anna.vogt", "POST", f"/leads/{lead}/communications", body)
        self.stop(lead)
        self.document(lead)
        return lead

    def enquiry(self):
        """Lets the mail of a portal arrive, which makes a lead of the seller. Returns the lead."""
        body = "Content-Type: text/plain; charset=utf-8\r\n\r\nName: Kim Berg\nE-Mail: kim.berg@example.com\nTelefon: 0171 2349876\n" \
               "Marke: Opel\nModell: Corsa\nNachricht: Was kostet er?\n"
        self.receive(MAILBOX, "Portal <noreply@portal.example>", "Anfrage zum Corsa", body)
        found = lambda: [mail for mail in self.run.call("gina.group", "GET", f"/dealers/{NORDSTERN}/mails?state=all")["mails"] if mail["leads"]]
        lead = self.wait(found, "the enquiry")[0]["leads"][0]["id"]
        self.run.change("gina.group", f"/leads/{lead}", lambda _: {"user": "anna.vogt"}, "POST", "/assignment")
        return lead

    def appointment(self, at="2026-11-24T10:00"):
        customer = {"name": "Jana Petersen", "email": "jana.petersen@example.com", "phone": "0171 2345678"}
        body = {"customer": customer, "kind": "showroom", "at": f"{at}:00+01:00", "user": "anna.vogt", "notes": "kommt mit dem Zug"}
        return self.run.call("gina.group", "POST", f"/dealers/{NORDSTERN}/appointments", body)["id"]

    def person(self, member=False):
        """Makes a seller, who takes part at the dealer if `member`."""
        self.number += 1
        user = f"nina.neu{self.number}"
        body = {"name": "Nina Neu", "email": f"{user}@example.com", "language": "de", "role": "seller", "dealers": [NORDSTERN]}
        self.run.call("gina.group", "PUT", f"/users/{user}", body, **{"If-None-Match": "*"})
        if member:
            version = self.run.send("gina.group", "GET", f"/dealers/{NORDSTERN}/users")[0].headers["ETag"]
            switches = {"receives_leads": False, "assignable": True}
            self.run.call("gina.group", "PUT", f"/dealers/{NORDSTERN}/users/{user}", switches, **{"If-Match": version})
        return user

    def hand_over(self):
        """Removes a seller from the dealer, whose work goes to others."""
        user = self.person(member=True)
        version = self.run.send("gina.group", "GET", f"/dealers/{NORDSTERN}/users")[0].headers["ETag"]
        self.run.call("gina.group", "DELETE", f"/dealers/{NORDSTERN}/users/{user}", {}, **{"If-Match": version})

    def bulk(self, lead):
        """Completes the overdue events of a lead as a bulk action. Returns its id."""
        return self.run.call("anna.vogt", "POST", "/bulk-actions", {"leads": [lead], "complete": {"events": "overdue"}})["id"]

    def absence(self, user):
        """Enters an absence of a user."""
        absences = {"absences": [{"from": "2026-12-21", "until": "2026-12-23", "deputy": "ben.krause"}]}
        self.run.change("gina.group", f"/dealers/{NORDSTERN}/users/{user}/absences", lambda _: absences)

    def view(self, user):
        self.number += 1
        view = {"name": f"Meine neuen {self.number}", "screen": "leads", "query": "status=in_progress", "dealer": NORDSTERN, "pinned": True}
        self.run.call(user, "PUT", f"/me/views/view-{self.number}", view, **{"If-None-Match": "*"})
        return f"view-{self.number}"

    def webhook(self, off=False):
        body = {"url": "https://receiver.invalid/hook", "events": ["lead.created", "lead.assigned"]}
        webhook = self.run.call("gina.group", "POST", "/webhooks", body)["id"]
        if off:
            self.run.change("gina.group", f"/webhooks/{webhook}", lambda _: {"state": "off"}, "PATCH")
        return webhook

    def mail(self, number):
        """Lets a newsletter arrive, which becomes no lead. Returns its page."""
        text = f"From: Portal <news{number}@portal.example>\r\nTo: {MAILBOX}\r\nSubject: Neues im November {number}\r\nList-Unsubscribe: <mailto:off@portal.example>\r\n" \
               f"Precedence: bulk\r\nMessage-ID: <{number}@portal.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nUnsere Angebote des Monats.\r\n"
        posted = urllib.request.Request(f"{self.run.url}/_local/mail?to={MAILBOX}", text.encode(), method="POST")
        urllib.request.urlopen(posted, timeout=10).close()
        path = f"/dealers/{NORDSTERN}/mails"
        for _ in range(50):
            found = [mail["id"] for mail in self.run.call("gina.group", "GET", path)["mails"] if (mail["subject"] or "").endswith(f" {number}")]
            if found:
                return f"{path}/{found[0]}"
            time.sleep(0.2)
        raise SystemExit("FAILED: the mail did not arrive")

    def mails(self):
        """Lets two mails arrive, of which one is handled. Returns their pages."""
        handled, waiting = self.mail(1), self.mail(2)
        self.run.change("gina.group", handled, lambda _: {}, "POST", "/completion")
        return [f"/desk/d/{NORDSTERN}/mails?state=all", *(page.replace("/dealers/", "/desk/d/", 1) for page in (waiting, handled))]

    def text(self, kind="confirmation"):
        """Saves a text of letters, or a canned answer. Returns its id."""
        self.number += 1
        text = f"text-{self.number}"
        types = ("used_car", "trade_in", "test_drive", "service", "other")
        body = {"kind": kind, "medium": "email", "language": "nl", "lead_type": types[self.number % len(types)], "name": f"Eigener Text {self.number}",
                "subject": "{{ dealer }}: {{ vehicle }}", "text": "{{ greeting }}\n\nwij zien u graag.\n\n{{ dealer }}"}
        path = f"/dealers/{NORDSTERN}/texts"
        # Two texts for the same letters are refused.
        same = [one for one in self.run.call("gina.group", "GET", path)["texts"] if kind != "canned" and
                [one.get(name) for name in ("kind", "medium", "language", "lead_type")] == [body[name] for name in ("kind", "medium", "language", "lead_type")]]
        for one in same:
            self.run.call("gina.group", "DELETE", f"{path}/{one['id']}", **{"If-Match": f'"{one["version"]}"'})
        self.run.call("gina.group", "PUT", f"{path}/{text}", body)
        return text

    def feed(self, user):
        return self.run.call(user, "POST", "/calendar-feeds", {})["id"]

    def pool(self):
        """Lets new leads wait in a pool, whose user needs a supervisor."""
        dealer = f"/dealers/{NORDSTERN}"
        supervisor = lambda one: {"supervisor": "helga.stern"} if one["user"] == "ingo.brandt" else {}
        switched = lambda read: {"users": [{"user": one["user"], "receives_leads": False, **supervisor(one)} for one in read["users"]]}
        self.run.change("gina.group", f"{dealer}/users", switched, "PATCH")
        self.run.change("gina.group", f"{dealer}/pool", lambda _: {"pool": {"user": "ingo.brandt", "oldest_only": False}})

    def everything(self):
        """Gives every screen something to show. Returns the pages at which people begin besides their first one: they show what others lack."""
        self.pool()
        # An erasure deletes the files of earlier exports.
        self.erase()
        untouched, mine, other, waiting, _ = [self.lead(owner) for owner in ("anna.vogt", "anna.vogt", "anna.vogt", None, None)]
        self.fill(mine)
        self.document(mine)
        done = self.fill(other)["tasks"]
        self.run.call("anna.vogt", "POST", f"/leads/{other}/tasks/{done}/completion", {})
        self.appointment()
        self.feed("anna.vogt")
        self.absence("anna.vogt")
        for user in ("anna.vogt", "ingo.brandt"):
            self.view(user)
        self.run.call("hugo.office", "POST", "/exports", {"what": "leads"})
        self.webhook()
        self.hand_over()
        self.order("/access-files", mine)
        self.order("/legal-holds", other, reason="legal_claim")
        self.texts()
        talk, (dead, _), asked = self.conversation(), self.bounced(), self.enquiry()
        dealer = f"/desk/d/{NORDSTERN}"
        self.text("canned")
        text = f"{dealer}/settings/texts/own/{self.text()}"
        return {
            "anna.vogt": [
                f"/desk/leads/{untouched}?tab=follow-up", f"/desk/leads/{mine}", f"/desk/leads/{mine}?tab=follow-up",
                f"/desk/leads/{mine}/timeline", f"/desk/leads/{other}/tasks/{done}", f"/desk/leads/{waiting}",
                f"/desk/leads/{talk}?tab=thread", f"/desk/leads/{talk}?tab=contacts", f"/desk/leads/{dead}?tab=thread",
                f"/desk/leads/{asked}?tab=thread", f"/desk/leads/{asked}/raw", f"/desk/leads/{asked}/raw?as=source",
                f"{dealer}/leads/plan?leads={mine}&leads={other}", f"{dealer}/leads/plan",
                *(f"{dealer}/leads/{act}?leads={mine}" for act in ("complete", "move", "assign", "status")),
                f"{dealer}/leads/complete?all=1&filter.status=in_progress",
                f"{dealer}/leads/bulk/{self.bulk(mine)}",
            ],
            "gina.group": [*self.mails(), text, f"{text}/removal", f"/desk/leads/{mine}", f"/desk/leads/{mine}/privacy/000001", "/desk/group/people/anna.vogt", f"/desk/group/webhooks/{self.webhook(off=True)}"],
            "chris.center": [f"{dealer}/find?q=Petersen"],
        }
