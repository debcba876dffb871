"""Calls each operation of infra/openapi.json that the drive has not called yet.

The calls are made from the document: its paths, its headers, and what earlier responses returned. `BODIES` has the bodies, `SENDERS` the user where
a group admin may not call the operation, `REFUSED` the refusals that are right here. A new operation needs a body if it takes one, and is called
without further code.
"""

import json
import time
import uuid
from pathlib import Path

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "infra/openapi.json").read_text())
OPERATIONS = {
    (method.upper(), path): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in ("get", "post", "put", "patch", "delete")
}
DEALER, SELLER, NEW_USER = "autohaus-nordstern-demo", "greta.sommer", "nina.drive"
in_seconds = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
EUR = lambda amount: {"amount": amount, "currency": "EUR"}
CORSA = {"make": "Opel", "model": "Corsa", "condition": "new"}
CALL = {"title": "Call her", "type": "phone_outbound", "at": "2030-11-27T10:00:00+01:00"}
USER = {"name": "Nina Drive", "email": "nina@forecourt.example", "language": "de", "role": "seller", "dealers": [DEALER]}
CUSTOMER = {"name": "Jana Petersen", "email": "jana.petersen@example.com"}
WEBHOOK = {"url": "https://receiver.invalid/other", "events": ["lead.created"]}

BODIES = {
    "EditAppointment": {"notes": "comes by train"},
    "MarkAttendance": {"attendance": "completed"},
    "MoveAppointment": {"at": "2030-11-28T10:00:00+01:00"},
    "MakeAppointment": {"customer": CUSTOMER, "kind": "showroom", "at": in_seconds(600)},
    "DryRun": {"lead": {"contact": {"email": "dry@example.com"}}},
    "CompleteMails": {"mails": ["none"]},
    "TryMailLayouts": {"text": "Name: Jana Petersen\nE-Mail: jana@example.com\nNachricht: Ist der Corsa noch da?"},
    "FindLeads": {"email": "jana@example.com"},
    "OrderErasure": lambda known: {"lead": known.spare(), "reason": "requested"},
    "OrderAccessFile": lambda known: {"lead": known.spare()},
    "PlaceLegalHold": lambda known: {"lead": known.spare(), "reason": "authority"},
    "BulkEvents": lambda known: {"leads": [known.ids["/leads/{id}"]], "event": CALL},
    "AskExport": {"what": "leads"},
    "StartPlan": {"id": "none"},
    "StartBulkAction": lambda known: {"leads": [known.ids["/leads/{id}"]], "complete": {"events": "overdue"}},
    "BookSlot": lambda known: {"from": known.slot()},
    "AssignLead": {"user": SELLER, "note": "knows the customer"},
    "AddComment": {"text": "Wants winter tyres"},
    "ChangeComment": {"text": "Wants winter tyres and mats"},
    "AddCommunication": {"medium": "call", "note": "was there", "reached": True},
    "ContactMade": {"made": True},
    "AddContact": {"first_name": "Tom", "last_name": "Petersen", "phones": [{"number": "+49 171 9876543"}]},
    "CorrectContact": {"first_name": "Thomas"},
    "AddConsent": {"channel": "telephone", "address": "+49 171 9876543", "purpose": "advertising", "status": "granted", "source": "form", "text": "I agree to offers."},
    "Unsubscribe": {"List-Unsubscribe": "One-Click"},
    "AddStop": {"address": "jana@example.com", "reason": "unsubscribed"},
    "PreviewMessage": {"text": "Bis Freitag!"},
    "SetDeadline": {"title": "Send the offer", "at": "2030-11-27T17:00:00+01:00"},
    "ChangeDeadline": {"at": "2030-11-28T17:00:00+01:00"},
    "AddDocument": {"title": "Order form", "content_type": "text/plain", "bytes": 6},
    "ChangeDocument": {"title": "Signed order form"},
    "ScheduleEvent": CALL,
    "NoShowEvent": {"reason": "not_reached"},
    "CancelEvent": {"reason": "other", "side": "dealer"},
    "CorrectEvent": {"title": "Call about the leasing offer"},
    "RescheduleEvent": {"at": "2030-11-27T11:00:00+01:00"},
    "Invite": {"type": "booked_test_drive", "expires_in_days": 14},
    "AddQuote": {"vehicle": CORSA, "price": EUR(2249000), "lines": [{"text": "Car", "amount": 2199000}, {"text": "Winter tyres", "amount": 50000}]},
    "ChangeQuote": {"vehicle": CORSA, "price": EUR(2199000), "lines": [{"text": "Car", "amount": 2199000}]},
    "LogReaction": {"kind": "call_reached"},
    "SetStatus": {"status": "in_progress"},
    "CreateTask": {"title": "Photograph the car", "start": "2030-11-25T10:00:00+01:00", "minutes": 30},
    "ChangeTask": {"title": "Photograph the trade-in"},
    "AddTestDrive": {"vehicle": CORSA, "at": "2030-11-26T15:00:00+01:00"},
    "ChangeTestDrive": {"vehicle": {**CORSA, "condition": "used"}},
    "AddTradeIn": {"vehicle": {"make": "Opel", "model": "Astra", "year": 2016}, "asked": EUR(650000)},
    "ChangeTradeIn": {"vehicle": {"make": "Opel", "model": "Astra", "year": 2016}, "asked": EUR(600000)},
    "ReceivePingBack": {"type": "appointment.cancelled", "external_id": "c-1", "at": "2026-11-23T08:00:00Z"},
    "SaveText": {"kind": "canned", "medium": "email", "language": "en", "name": "Late", "subject": "Your {{ vehicle }}", "text": "{{ greeting }}"},
    "PreviewText": {"kind": "canned", "medium": "email", "language": "en", "subject": "Your {{ vehicle }}", "text": "{{ greeting }}"},
    "TestText": {"kind": "canned", "medium": "email", "language": "en", "name": "Late", "subject": "Your {{ vehicle }}", "text": "{{ greeting }}"},
    "SaveView": {"name": "Late leads", "screen": "leads", "query": "overdue=true"},
    "ChangeMe": {"notices": True},
    "SubmitLead": {"contact": {"first_name": "Jana", "email": "jana@example.com"}},
    "SaveUser": USER,
    "SetDealerUser": {"receives_leads": False, "assignable": True},
    "SetUserAbsences": {"absences": []},
    "SetAvailability": {"weekly_absences": [{"day": "sun"}]},
    "SetBusy": {"minutes": 1},
    "SwitchUsers": {"users": [{"user": SELLER, "assignable": True}]},
    "SwitchAllUsers": lambda known: {"dealers": [{"dealer": DEALER, "version": known.version(), "users": [{"user": SELLER, "assignable": True}]}]},
    "MakeWebhook": WEBHOOK,
    "ChangeWebhook": WEBHOOK,
    "RedeliverPeriod": {"from": in_seconds(-3600)},
    "ImportHolidays": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//drive//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261123T090000Z\r\n"
    "DTSTART;VALUE=DATE:20261231\r\nSUMMARY:New Year's Eve\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
}
# The versions that are a field of another answer, not its ETag. A view or a text that is new has none.
VERSIONS = {
    "ChangeMe": lambda known: known.get("/me")["version"],
    "SaveView": lambda known: None,
    "SaveText": lambda known: None,
    "RemoveText": lambda known: known.get(f"/dealers/{DEALER}/texts")["texts"][0]["version"],
    "RemoveView": lambda known: known.get("/me/views")["views"][0]["version"],
}
SENDERS = {
    "AskExport": "hugo.office", "ReadExport": "hugo.office", "DownloadExport": "hugo.office", "DownloadLog": "hugo.office", "ListExports": "hugo.office",
    "FindLeads": "chris.center", "ReadEnquiry": "partner:portal-demo",
}
# The operation is reached and authorised, and refuses the request for a reason of its own.
REFUSED = {
    "ApproveDeadline": {409: "no move of the first-contact deadline is requested"},
    "ClaimLead": {409: "the lead is not in the pool"},
    "StartPlan": {422: "the dealer has no follow-up plan"},
    "RecordArrival": {409: "the day of the appointment has not come"},
    "ConfirmAppointment": {409: "the appointment is cancelled by then"},
    "ConfirmBooking": {404: "the booking is over or cancelled by then", 409: "nothing is booked by then"},
    "TakeBackArrival": {409: "nobody recorded an arrival"},
    "TakeBackConfirmation": {409: "the appointment is cancelled by then"},
    "KeepAppointment": {409: "the appointment is past or cancelled by then"},
    "ReadLeadMail": {404: "the lead came by HTTP"},
    "Resend": {404: "no message failed"},
    "ReadHandOver": {404: "no work was handed over"},
    "ReadText": {404: "the text is removed by then"},
    **{name: {404: "the drive knows no link of a mail"} for name in ("ShowSubscription", "Unsubscribe", "Resubscribe")},
    "LiftStop": {404: "the drive knows no id of a stop"},
    "ReceivePingBack": {401: "no signature: the ping-back that the drive signs is accepted"},
    "CompleteUpload": {409: "nothing was uploaded: the drive uploads a file by its link"},
    "DownloadExport": {409: "the export is not done yet: the drive waits for one"},
    "DownloadAccessFile": {409: "the file is not written yet, if the machine is slow"},
    "MarkAttendance": {422: "the day of the appointment has not come"},
}
# Operations that end what others end too: what these make is made again before them.
FRESH = {"CancelAppointment": ["MakeAppointment"], "CompleteEvent": ["ScheduleEvent"], "NoShowEvent": ["ScheduleEvent"], "CancelEvent": ["ScheduleEvent"],
         "DeleteEvent": ["ScheduleEvent"], "CancelBooking": ["Invite", "BookSlot"]}
KEYS = {operation["operationId"]: key for key, operation in OPERATIONS.items()}
# The methods in their order: items are created before they are read, and removed last, the deepest path first.
ORDER = {"POST": 0, "GET": 1, "PUT": 2, "PATCH": 3, "DELETE": 5}
# These end items that other operations need.
LATE = {"CancelAppointment", "CancelByForm", "CancelEvent", "CompleteEvent", "NoShowEvent", "CompleteTask", "MeetDeadline", "SetStatus", "AssignLead", "RotateSecret"}
FIRST = [
    "SubmitLead", "Invite", "MakeFeed", "SaveUser", "SetDealerUser", "MakeWebhook", "AskExport", "MakeAppointment", "CreateTask", "SetDeadline",
    "ScheduleEvent", "AddDocument",
]


def matching(method, path):
    """Returns the path in the document that a request's path has. Of two, the one with fewer parameters."""
    parts = path.split("?")[0].strip("/").split("/")
    fits = lambda known: len(known) == len(parts) and all(k == p or (k.startswith("{") and p) for k, p in zip(known, parts))
    found = [known for of, known in OPERATIONS if of == method and fits(known.strip("/").split("/"))]
    return min(found, key=lambda known: known.count("{"), default=None)


class Known:
    """The state of the drive: the ids for paths, and the operations that were called."""

    def __init__(self):
        self.send, self.ids, self.called = None, dict(FIXED), set()

    def note(self, method, path):
        """Notes a call of the drive."""
        known = matching(method, path)
        if known:
            self.called.add((method, known))

    def get(self, path):
        return self.send("GET", path, None, "gina.group", {})[2]

    def version(self):
        return self.send("GET", f"/dealers/{DEALER}/settings", None, "gina.group", {})[2]["version"]

    def spare(self):
        """Returns a new lead that no other operation needs."""
        body = {"type": "other", "source": "website", "contact": {"last_name": "Spare", "email": f"{uuid.uuid4()}@example.com"}}
        return self.send("POST", f"/dealers/{DEALER}/leads", body, "gina.group", {"content-type": "application/json"})[2]["id"]

    def slot(self):
        """Returns the first free time of the invitation."""
        offer = self.send("GET", self.path("/i/{token}"), None, None, {"accept": "application/json"})[2]
        return next((slot["from"] for slot in offer.get("free", [])), None)

    def path(self, template):
        """Fills in the parameters of a path. Raises `KeyError` if one is not known."""
        filled, prefix = [], ""
        for part in template.strip("/").split("/"):
            prefix += "/" + part
            filled.append(self.ids[prefix] if part.startswith("{") else part)
        return "/" + "/".join(filled)

    def learn(self, template, headers, body):
        """Keeps the id of the item that a POST created, for the paths below it: from the header Location, or from the body."""
        location, body = headers.get("location", ""), body if isinstance(body, dict) else {}
        made = next((known for method in ORDER if (known := matching(method, location))), None)
        if made and made.endswith("}"):
            self.ids[made] = location.rsplit("/", 1)[-1]
        elif "id" in body:
            roots = (template, "/" + template.rsplit("/", 1)[-1])
            for path in {path for _, path in OPERATIONS for root in roots if path.startswith(root + "/{") and path.count("/") == root.count("/") + 1}:
                self.ids[path] = body["id"]
        for kind in ("/i/", "/c/"):
            if kind in str(body.get("link", "")):
                self.ids[kind + "{token}"] = body["link"].split(kind)[1].split("/")[0]

    def call(self, method, template):
        """Calls an operation. Returns the fault of the response; `None` if it has none."""
        operation = OPERATIONS[method, template]
        name = operation["operationId"]
        faults = [fault for needed in FRESH.get(name, []) if (fault := self.call(*KEYS[needed]))]
        if faults:
            return f"{name}: {faults}"
        who = None if operation.get("security") == [{}] else SENDERS.get(name, "gina.group")
        headers = {"accept": "application/json"}
        try:
            path = self.path(template)
        except KeyError as missing:
            return f"{name}: no id for {missing}: no earlier response had one"
        body = BODIES.get(name)
        body = body(self) if callable(body) else body
        takes = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
        if "Idempotency-Key" in takes:
            headers["idempotency-key"] = str(uuid.uuid4())
        if name in VERSIONS:
            version = VERSIONS[name](self)
            if version:
                headers["if-match"] = f'"{version}"'
        elif "If-Match" in takes:
            read = self.read(template, who)
            if "etag" in read[1]:
                headers["if-match"] = read[1]["etag"]
            # What GET of a part returned, PUT takes.
            if method == "PUT" and body is None and isinstance(read[2], dict):
                body = read[2].get("settings")
        media = next(iter(operation.get("requestBody", {}).get("content", {})), None)
        headers["content-type"] = "text/calendar" if media == "text/calendar" else "application/json"
        if body is None and media:
            body = {}
        status, answered, found = self.send(method, path, body, who, headers)
        if method == "POST" and status in (200, 201, 202):
            self.learn(template, answered, found)
        self.called.add((method, template))
        is_route = status == 404 and "does not" in str(found) and "route" in str(found) or found == {"message": "Not Found"}
        if 200 <= status < 400 or (status in REFUSED.get(name, {}) and not is_route):
            return None
        return f"{name}: {method} {path} as {who}: {status} {json.dumps(found)[:300]}"

    def read(self, template, who):
        """Reads the item whose version a change of `template` requires: the item itself, or the one to which it belongs."""
        while True:
            if ("GET", template) in OPERATIONS:
                read = self.send("GET", self.path(template), None, who, {"accept": "application/json"})
                if read[0] == 200:
                    return read
            template = template.rsplit("/", 1)[0]
            if not template:
                return 404, {}, None

    def rest(self, send, ids):
        """Calls the operations that were not called. Returns their number, and the faults. `send` sends a request: (method, path, body, user,
        headers) to (status, headers, body). `ids` has further ids, by path."""
        self.send = send
        self.ids.update(ids)
        name = lambda key: OPERATIONS[key]["operationId"]
        rank = lambda key: 4 if name(key) in LATE else ORDER[key[0]]
        depth = lambda key: -key[1].count("/") if key[0] == "DELETE" else key[1].count("/")
        left = sorted((key for key in OPERATIONS if key not in self.called), key=lambda key: (rank(key), depth(key), key[1]))
        # What the paths of the others need is made first, even if the drive called the operation.
        first = [KEYS[made] for made in FIRST]
        faults = [fault for key in [*first, *(key for key in left if key not in first)] if (fault := self.call(*key))]
        return len(left), faults


FIXED = {
    "/dealers/{dealer}": DEALER,
    "/me/views/{view}": "late",
    "/dealers/{dealer}/texts/{text}": "late",
    "/dealers/{dealer}/users/{user}": NEW_USER,
    "/dealers/{dealer}/undelivered/{message}": "none",
    "/dealers/{dealer}/hand-overs/{order}": "none",
    "/leads/{id}/stops/{stop}": "unsubscribed-none",
    "/u/{token}": "none",
    "/users/{user}": NEW_USER,
    "/partners/{partner}": "centre-demo",
    "/pingbacks/{group}": "demo-group",
    "/pingbacks/{group}/{partner}": "centre-demo",
    "/reference/{page}": "rules",
    "/reference/decisions/{page}": "settings",
}
