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
        dealer = f"/desk/d/{NORDSTERN}"
        return {
            "anna.vogt": [
                f"/desk/leads/{untouched}?tab=follow-up", f"/desk/leads/{mine}", f"/desk/leads/{mine}?tab=follow-up",
                f"/desk/leads/{mine}/timeline", f"/desk/leads/{other}/tasks/{done}", f"/desk/leads/{waiting}",
                f"{dealer}/leads/plan?leads={mine}&leads={other}", f"{dealer}/leads/plan",
            ],
            "gina.group": [*self.mails(), f"/desk/leads/{mine}", "/desk/group/people/anna.vogt", f"/desk/group/webhooks/{self.webhook(off=True)}"],
            "chris.center": [f"{dealer}/find?q=Petersen"],
        }
