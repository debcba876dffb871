"""Deploys the template into an emulated AWS and drives it as a client would.

Usage: drive.py BINARIES TEMPLATE, with the folder of the compiled functions and the translated template. The script prints each step with its
time and stops at the first failure.
"""

import base64
import hmac
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

import operations
from console import console
from documents import documents
from emulator import (
    AWS, ENDPOINT, KNOWN, NORDSTERN, PORT, ROOT, TEMPORARY, call, client, deploy, expect, load, mails, parsed, run_timers, say, upload, wait,
)
from mail_in import mail_in
from provider import CLIENT, ISSUER_PORT, Issuer, token
from restore import restore


def drive(resources):
    table, api = resources["Table"], resources["Api"]
    load(table)
    load(table, str(ROOT / "tests/cloud/group.json"))
    client("ses").verify_domain_identity(Domain="forecourt.example")
    client("ses").verify_email_identity(EmailAddress="desk@forecourt.example")
    host = f"{api}.execute-api.localhost"
    webhook = made_webhook(host)
    leads = f"/dealers/{NORDSTERN}/leads"
    body = {"external_id": "e-1", "type": "used_car", "contact": {"first_name": "Jana", "email": "jana@example.com"}}

    portal, admin = token(sub="portal-demo", partner="portal-demo"), token(sub="ingo.brandt")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    expect("no token", call(host, "POST", leads, body)[0], 401)
    expect("a token of another key", call(host, "POST", leads, body, token(key=stranger, sub="ingo.brandt"))[0], 401)
    expect("an expired token", call(host, "POST", leads, body, token(sub="ingo.brandt", exp=int(time.time()) - 600))[0], 401)
    expect("a token without the scope", call(host, "POST", leads, body, token(sub="ingo.brandt", scope="other"))[0], 403)
    expect("an unknown user", call(host, "POST", leads, body, token(sub="no.body"))[0], 401)
    # Tokens of Cognito have the client in place of an audience.
    expect("a second audience", call(host, "GET", leads, bearer=token(aud=None, client_id=CLIENT, sub="ingo.brandt"))[0], 200)
    expect("another audience", call(host, "GET", leads, bearer=token(aud=None, client_id="other-client", sub="ingo.brandt"))[0], 401)

    status, receipt = call(host, "POST", leads, body, portal)
    expect("a portal's enquiry gets a receipt", (status, sorted(receipt)), (201, ["dealer", "receipt", "received_at"]))
    expect("the same again", call(host, "POST", leads, body, portal), (201, receipt))
    expect("its receipt", call(host, "GET", f"/enquiries/{receipt['receipt']}", bearer=portal), (200, receipt))
    lead = call(host, "GET", leads, bearer=admin)[1]["leads"][0]
    expect("its lead", lead["owner"], "anna.vogt")
    expect("bad input", call(host, "POST", leads, {"contact": {}}, portal)[1]["errors"][0]["rule"], "INT-3")
    missing = call(host, "GET", "/leads/0000000000", bearer=admin)[1]
    path, _, rule = missing["rule_url"].partition("#")
    status, text = call(host, "GET", path)
    expect("the rule of a problem", (status, f'<a id="{rule}">' in text), (200, True))
    status, page = call(host, "GET", f"/leads/{lead['id']}", bearer=admin)
    expect("its page", (status, page["contact"], page["version"]), (200, "Jana", 1))
    expect("the dealer's list", [row["id"] for row in call(host, "GET", leads, bearer=admin)[1]["leads"]], [lead["id"]])

    documents(host, lead["id"], admin)
    console(resources, host, lead["id"], admin)
    calendar(host, admin, lead["id"])
    settings(host, admin)
    partners(resources, host, leads, admin)
    appointments(resources, host, admin)
    overview(host, admin)
    mail_in(resources, host, admin)
    exports(host, admin)
    check_webhook(host, webhook, lead["id"])
    escalation(resources, host, "by delayed messages", timers=False)
    lambda_ = client("lambda")
    outbox = resources["Outbox"]
    variables = lambda_.get_function_configuration(FunctionName=outbox)["Environment"]["Variables"]
    lambda_.update_function_configuration(FunctionName=outbox, Environment={"Variables": {**variables, "LONGEST_DELAY_SECONDS": "5"}})
    threading.Thread(target=run_timers, args=[resources], daemon=True).start()
    escalation(resources, host, "by timers", timers=True)
    assigned_by_queue(host)
    every_operation(host, receipt["receipt"])


def every_operation(host, receipt):
    """Calls the operations of infra/openapi.json that nothing above called, with the permissions of their functions' roles."""
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(NoRedirect)

    def send(method, path, body, who, headers):
        if who:
            partner = who.removeprefix("partner:") if who.startswith("partner:") else None
            headers = {**headers, "authorization": f"Bearer {token(sub=partner or who, partner=partner)}"}
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        request = urllib.request.Request(ENDPOINT + path, method=method, headers={**headers, "host": host}, data=data)
        try:
            with opener.open(request, timeout=60) as reply:
                status, answered, text = reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as e:
            status, answered, text = e.code, e.headers, e.read()
        return status, {name.lower(): value for name, value in answered.items()}, parsed(text)

    number, faults = KNOWN.rest(send, {"/enquiries/{receipt}": receipt})
    expect(f"{number} further operations, {len(operations.OPERATIONS)} in all: faults", faults, [])


def calendar(host, admin, lead):
    """Creates an event and reads its day, with a token and by a calendar link that works until it is revoked."""
    event = {"title": "Call her", "type": "phone_outbound", "at": "2030-11-25T10:00:00+01:00"}
    expect("an event", call(host, "POST", f"/leads/{lead}/events", event, admin)[0], 201)
    day = call(host, "GET", f"/dealers/{NORDSTERN}/calendar?view=day&date=2030-11-25", bearer=admin)[1]
    expect("its day", [(one["title"], one["contact"]) for one in day["events"]], [("Call her", "Jana")])
    feed = call(host, "POST", "/calendar-feeds", {}, admin)[1]
    path = "/c/" + feed["link"].split("/c/")[1]
    status, text = call(host, "GET", path)
    expect("a calendar link", (status, text[:15]), (200, "BEGIN:VCALENDAR"))
    expect("revoked", call(host, "DELETE", f"/calendar-feeds/{feed['id']}", bearer=admin), (200, {"feeds": []}))
    expect("the revoked link", call(host, "GET", path)[0], 404)


def settings(host, admin):
    """Reads the settings, changes them with the current version, and is refused with an old one."""
    path = f"/dealers/{NORDSTERN}/settings"
    status, read = call(host, "GET", path, bearer=admin)
    expect("the dealer's settings", (status, read["version"]), (200, 1))
    changed = {**read["settings"], "name": "Autohaus Nordstern am Tor"}
    expect("changed without a version", call(host, "PUT", path, changed, admin)[0], 428)
    expect("changed", call(host, "PUT", path, changed, admin, {"if-match": '"1"'})[1]["version"], 2)
    expect("changed with an old version", call(host, "PUT", path, read["settings"], admin, {"if-match": '"1"'})[0], 412)
    expect("the authors of the changes", [c["by"] for c in call(host, "GET", path + "/history", bearer=admin)[1]["changes"]], ["user:ingo.brandt", "system"])


def partners(resources, host, leads, admin):
    """Sends a valid message, one for an unknown dealer, and an unreadable one to the partner queue. Only the last two become dead letters."""
    sqs = client("sqs")
    queue, dead = resources["PartnerQueue"], resources["PartnerDeadLetters"]
    sender = wait_for_sender(sqs)
    load(resources["Table"], group_file(sender), "--overwrite", "--yes")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "2"})
    dealer = lambda name: {"dealer": {"StringValue": name, "DataType": "String"}}
    enquiry = lambda external: json.dumps({"external_id": external, "contact": {"phone": "+49 30 901820"}})
    sqs.send_message(QueueUrl=queue, MessageBody="{ this is no enquiry", MessageAttributes=dealer(NORDSTERN))
    sqs.send_message(QueueUrl=queue, MessageBody=enquiry("q-0"), MessageAttributes=dealer("nordstern-zwei"))
    sqs.send_message(QueueUrl=queue, MessageBody=enquiry("q-1"), MessageAttributes=dealer(NORDSTERN))
    wait("a lead by the partner queue", 60, lambda: len(call(host, "GET", leads, bearer=admin)[1]["leads"]) == 2)
    depth = lambda url: int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])
    wait("the poisoned message, and the one that came too early, are dead letters", 90, lambda: depth(dead) == 2)
    load(resources["Table"], group_file(sender, another="nordstern-zwei"), "--overwrite", "--yes")
    expect("redriven", redrive(sqs, dead, queue, sender), ["{ this is no enquiry", enquiry("q-0")])
    admin_there = token(sub="gina.group")
    there = lambda: call(host, "GET", "/dealers/nordstern-zwei/leads", bearer=admin_there)[1].get("leads", [])
    # Each delivery looks up the dealer again, so a dealer that was added since is found.
    wait("with its dealer there, it is a lead", 90, lambda: len(there()) == 1)
    wait("the poisoned message is a dead letter again", 90, lambda: depth(dead) == 1 and depth(queue) == 0)


def appointments(resources, host, admin):
    """Creates appointments by HTTP and by the partners' queue, with one result for a repeat, and reports on them by queue and by signed ping-back."""
    sqs, queue = client("sqs"), resources["AppointmentQueue"]
    load(resources["Table"], group_file(wait_for_sender(sqs), of="centre-demo"), "--overwrite", "--yes")
    centre, path = token(sub="centre-demo", partner="centre-demo"), f"/dealers/{NORDSTERN}/appointments"
    body = lambda external: {"external_id": external, "customer": {"name": "Jana Petersen", "email": "jana@example.com"}, "kind": "showroom", "at": "2030-11-26T10:00:00+01:00"}
    status, first = call(host, "POST", path, body("c-1"), centre)
    expect("an appointment over HTTP", (status, call(host, "POST", path, body("c-1"), centre)[0]), (201, 201))
    expect("an appointment by a portal, which may not make one", call(host, "POST", path, body("c-1"), token(sub="portal-demo", partner="portal-demo"))[0], 403)
    attributes = {"dealer": {"StringValue": NORDSTERN, "DataType": "String"}}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    moved = {"type": "appointment.moved", "external_id": "c-1", "at": now, "to": "2030-11-27T09:00:00Z"}
    for message in [{"appointment": body("c-2")}, moved]:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message), MessageAttributes=attributes)
    read = lambda: call(host, "GET", f"/appointments/{first['id']}", bearer=admin)[1]
    wait("moved by the queue", 60, lambda: read()["at"] == "2030-11-27T09:00:00Z")
    status, made = call(host, "POST", "/partners/centre-demo/signing-secret", {}, token(sub="gina.group"))
    expect("a signing secret", status, 201)
    wait("stream -> outbox -> send: the group's admins are notified of it", 60, lambda: "New secret for centre-demo" in mails())
    log = call(host, "GET", "/access-log?limit=1", bearer=token(sub="gina.group"))[1]["records"]
    expect("its record", (log[0]["what"], log[0]["partner"]), ("partner_secret", "centre-demo"))
    status, found = call(host, "POST", f"/dealers/{NORDSTERN}/lead-search", {"email": "jana@example.com"}, token(sub="chris.center"))
    expect("the contact centre's search", (status, [lead["name"] for lead in found["leads"]]), (200, ["Jana"]))
    cancelled, ping = {"type": "appointment.cancelled", "external_id": "c-1", "at": now}, "/pingbacks/demo-group/centre-demo"
    expect("a ping-back with an unknown signature", call(host, "POST", ping, cancelled, more=signed("whsec_" + base64.b64encode(bytes(32)).decode(), "p-0", cancelled))[0], 401)
    expect("a signed one", call(host, "POST", ping, cancelled, more=signed(made["secret"], "p-1", cancelled))[0], 200)
    expect("the reported state", read()["state"], "cancelled")


def signed(secret, name, body):
    """Returns the headers of Standard Webhooks."""
    now = str(int(time.time()))
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), f"{name}.{now}.{json.dumps(body)}".encode(), "sha256").digest()
    return {"webhook-id": name, "webhook-timestamp": now, "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def overview(host, admin):
    """Reads the overviews as head office. They may lag, so they are read until they are complete."""
    office = token(sub="hugo.office")
    of = lambda what: call(host, "GET", f"/overview/{what}", bearer=office)
    wait("the overview has both appointments, one of them cancelled", 30, lambda: (lambda it: (it["appointments"]["total"], it["cancelled"]["number"]))(of("appointments")[1]) == (2, 1))
    expect("and all leads of the group", (of("leads")[0], of("leads")[1]["leads"]["received"] >= 2), (200, True))
    expect("an admin's own dealer", call(host, "GET", f"/overview/appointments?dealer={NORDSTERN}&limit=1", bearer=admin)[1]["appointments"]["total"], 2)
    expect("another dealer", call(host, "GET", "/overview/appointments?dealer=lakeside-motors-demo", bearer=admin)[0], 404)


def exports(host, admin):
    """Runs an export job: by queue, with its parts in the bucket and a link to the file, with the permissions of the function's role."""
    office = token(sub="hugo.office")
    expect("an export by an admin", call(host, "POST", "/exports", {"what": "appointments"}, admin)[0], 403)
    for form, begins in [("csv", b"\xef\xbb\xbfappointment,"), ("xlsx", b"PK\x03\x04")]:
        status, asked = call(host, "POST", "/exports", {"what": "appointments", "format": form}, office)
        expect(f"an export as {form}", status, 202)
        path = f"/exports/{asked['id']}"
        read = lambda: call(host, "GET", path, bearer=office)[1]
        wait("stream -> outbox -> export: it is done", 60, lambda: read()["state"] == "done")
        link = call(host, "GET", path + "/download", bearer=office)[1]
        file = urllib.request.urlopen(link["url"]).read()
        expect("downloaded by its link", (file[:len(begins)], link["rows"], len(file)), (begins, 2, read()["bytes"]))
    log = call(host, "GET", "/exports/log", bearer=office)[1]["downloads"]
    expect("the log has both", [(one["by"], one["rows"]) for one in log], [("user:hugo.office", 2)] * 2)


def made_webhook(host):
    """Creates a webhook to a name that does not resolve. Private addresses are refused, and the drive needs no public receiver."""
    admin = token(sub="gina.group")
    make = lambda url: call(host, "POST", "/webhooks", {"url": url, "events": ["lead.created"]}, admin)
    expect("a webhook to this machine", make(f"https://127.0.0.1:{ISSUER_PORT}/")[0], 422)
    status, made = make("https://receiver.invalid/hooks")
    expect("a webhook", (status, made["secret"][:6]), (201, "whsec_"))
    return made["id"]


def check_webhook(host, webhook, lead):
    """Checks that a delivery was attempted, and that a redelivery by hand attempts it again."""
    admin, path = token(sub="gina.group"), f"/webhooks/{webhook}/deliveries"
    of_lead = lambda: next((one for one in call(host, "GET", path, bearer=admin)[1]["deliveries"] if one["lead"] == lead), {"attempts": 0})
    wait("stream -> outbox -> the sender's other queue: a webhook was tried", 30, lambda: "last_failure" in of_lead())
    before = of_lead()
    expect("and is waiting", (before["event"], before["state"]), ("lead.created", "waiting"))
    expect("by hand", call(host, "POST", f"{path}/{before['id']}/redeliver", {}, admin)[0], 202)
    wait("tried once more", 30, lambda: of_lead()["attempts"] > before["attempts"])


def redrive(sqs, dead, queue, sender):
    """Moves dead letters back unchanged, each with its sender as an attribute, and returns their bodies. On AWS this is StartMessageMoveTask, which the emulator lacks."""
    bodies = []
    while letters := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=30).get("Messages"):
        for letter in letters:
            attributes = {name: {k: v for k, v in of.items() if k in ("StringValue", "DataType")} for name, of in letter["MessageAttributes"].items()}
            expect("the sender of a dead letter", attributes.get("sender", {}).get("StringValue"), sender.split(":")[0])
            sqs.send_message(QueueUrl=queue, MessageBody=letter["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
            bodies.append(letter["Body"])
    return sorted(bodies, key=lambda body: body != "{ this is no enquiry")


def wait_for_sender(sqs):
    """Returns the sender's identity that the emulator's queues report."""
    queue = sqs.create_queue(QueueName="who-am-i")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="who am I")
    return sqs.receive_message(QueueUrl=queue, AttributeNames=["SenderId"])["Messages"][0]["Attributes"]["SenderId"]


def group_file(sender, another=None, of="portal-demo"):
    """Returns the demo group with the queue's sender as a partner. Optionally adds another dealer that the partner serves."""
    demo = json.loads((ROOT / "infra/local/src/demo.json").read_text())
    partner = next(partner for partner in demo["partners"] if partner["partner"]["id"] == of)
    partner["sender_id"] = sender
    partner["partner"]["dealers"].append("nordstern-zwei")
    if another:
        model = demo["dealers"][0]
        # No two dealers of a group have one lead address.
        demo["dealers"].append({"id": another, "settings": {k: v for k, v in model["settings"].items() if k != "lead_address"}})
        for user in demo["users"]:
            if user["role"] == "group_admin":
                user["dealers"].append(another)
    file = TEMPORARY / "group.json"
    file.write_text(json.dumps(demo))
    return str(file)


def escalation(resources, host, how, timers):
    """Checks the escalation at a dealer that is always open, with level 1 after one minute and level 2 one minute later."""
    body = {"contact": {"last_name": "Late", "email": f"late-{int(timers)}@example.com"}}
    status, lead = call(host, "POST", "/dealers/always-open/leads", body, token(sub="admin.always", group="cloud-group"))
    expect(f"an unanswered lead, {how}", status, 201)
    number = lead["number"]
    wait("stream -> outbox -> send: its owner is notified", 60, lambda: f"New lead {number}" in mails())
    if timers:
        names = lambda: [s["Name"] for s in client("scheduler").list_schedules(GroupName=resources["Schedules"])["Schedules"]]
        wait("a timer is set for it", 30, lambda: any(lead["id"] in name for name in names()))
    wait("level 1 is reached and notified", 150, lambda: f"Overdue: lead {number}" in mails())
    wait("level 2 is reached and notified", 150, lambda: f"Level 2: lead {number}" in mails())
    page = call(host, "GET", f"/leads/{lead['id']}", bearer=token(sub="admin.always", group="cloud-group"))[1]
    expect("its level, and messages", (page["deadline"]["level"], [m["fate"] for m in page["messages"]]), (2, ["sent"] * 3))


def assigned_by_queue(host):
    """Moves a lead to another dealer of the group. It has no owner until assign gives it one."""
    who = token(sub="admin.always", group="cloud-group")
    lead = call(host, "POST", "/dealers/always-open/leads", {"contact": {"email": "moved@example.com"}}, who)[1]
    status, moved = call(host, "POST", f"/leads/{lead['id']}/assignment", {"dealer": "other-dealer"}, who)
    expect("moved to another dealer", (status, moved["owner"]), (200, None))
    wait("stream -> outbox -> assign: it has an owner", 60, lambda: call(host, "GET", f"/leads/{lead['id']}", bearer=who)[1]["owner"] == "olga.other")


def main():
    threading.Thread(target=http.server.ThreadingHTTPServer(("127.0.0.1", ISSUER_PORT), Issuer).serve_forever, daemon=True).start()
    environment = {**os.environ, **AWS, "GATEWAY_PORT": str(PORT), "BIND_HOST": "127.0.0.1", "AWS_ENDPOINT_URL": ENDPOINT, "LOG_LEVEL": "WARNING", "AUTH": "true"}
    log = tempfile.TemporaryFile("w+")
    emulator = subprocess.Popen([str(Path(sys.executable).parent / "ministack")], env=environment, stdout=log, stderr=log)
    try:
        def up():
            try:
                return urllib.request.urlopen(f"{ENDPOINT}/_ministack/health", timeout=1).status == 200
            except OSError:
                return False

        wait("the emulator is up", 60, up)
        upload()
        resources = deploy("forecourt")
        drive(resources)
        restore(resources)
        say("all done")
    except SystemExit:
        log.seek(0)
        print("log of the emulator:", *log.readlines()[-20:], sep="\n  ")
        raise
    finally:
        emulator.terminate()
        shutil.rmtree(TEMPORARY)


main()
