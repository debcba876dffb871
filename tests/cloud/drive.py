"""Deploys the template into an emulated AWS and drives it as a client would.

The emulator runs the compiled functions behind the template's own queues, stream, timers and routes, so it checks that the template and the
binaries agree. Usage: drive.py BINARIES TEMPLATE, with the folder of the compiled functions and the translated template. The script prints each
step with its time and stops at the first failure.
"""

import base64
import hmac
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import boto3
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

import operations

ROOT = Path(__file__).resolve().parents[2]
TEMPORARY = Path(tempfile.mkdtemp(prefix="forecourt-"))
BINARIES, TEMPLATE = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
PORT, ISSUER_PORT = 4599, 4598
ENDPOINT = f"http://127.0.0.1:{PORT}"
ISSUER = f"http://127.0.0.1:{ISSUER_PORT}"
FUNCTIONS = sorted(folder.name for folder in (ROOT / "functions").iterdir())
NORDSTERN = "autohaus-nordstern-demo"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
os.environ.update(AWS)
started = time.monotonic()


def say(text):
    print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)


def client(service):
    return boto3.client(service, endpoint_url=ENDPOINT)


def wait(what, seconds, check):
    """Waits until check() returns a true value and returns that value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            say(what)
            return found
        time.sleep(0.3)
    print_stack_events()
    raise SystemExit(f"FAILED: {what}: not within {seconds} s")


def print_stack_events():
    """Prints the last log lines of the functions and the contents of the queues, to help find the cause of a failure."""
    logs, sqs = client("logs"), client("sqs")
    for group in logs.describe_log_groups().get("logGroups", []):
        events = logs.filter_log_events(logGroupName=group["logGroupName"], limit=1000).get("events", [])
        print(group["logGroupName"], *(e["message"].rstrip()[:600] for e in events[-8:]), sep="\n    ")
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"])
        print(url.rsplit("/", 1)[-1], attributes["Attributes"])


def expect(what, got, wanted):
    if got != wanted:
        print_stack_events()
        raise SystemExit(f"FAILED: {what}: {got!r} instead of {wanted!r}")
    say(f"{what}: {got}")


# The identity provider: a key pair and tokens.
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
JWK = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "test", "use": "sig", "alg": "RS256"}


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        jwks = f"{ISSUER}/.well-known/jwks.json"
        body = {"keys": [JWK]} if self.path.endswith("jwks.json") else {"issuer": ISSUER, "jwks_uri": jwks}
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


def token(key=KEY, **claims):
    now = int(time.time())
    # A partner's token is one that its client got for itself.
    client_id = claims.get("partner")
    claims = {"iss": ISSUER, "aud": "forecourt", "iat": now, "exp": now + 3600, "scope": "forecourt", "group": "demo-group", "client_id": client_id, **claims}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm="RS256", headers={"kid": "test"})


# Notes each call of the drive, and calls the operations that are left.
KNOWN = operations.Known()


def call(host, method, path, body=None, bearer=None, more=None):
    KNOWN.note(method, path)
    headers = {"content-type": "application/json", "host": host} | (more or {}) | ({"authorization": f"Bearer {bearer}"} if bearer else {})
    request = urllib.request.Request(ENDPOINT + path, method=method, headers=headers, data=json.dumps(body).encode() if body is not None else None)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, parsed(reply.read())
    except urllib.error.HTTPError as e:
        return e.code, parsed(e.read())


def parsed(text):
    try:
        return json.loads(text or b"null")
    except ValueError:
        return text.decode(errors="replace")


def upload():
    s3 = client("s3")
    s3.create_bucket(Bucket="code")
    for name in FUNCTIONS:
        stripped = TEMPORARY / name
        subprocess.run(["strip", "-o", stripped, str(BINARIES / name)], check=True)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, stripped.read_bytes())
        s3.put_object(Bucket="code", Key=f"{name}.zip", Body=packed.getvalue())
    say("uploaded the functions")


def deploy(name, **more):
    """Deploys a stack and returns the physical ids of its resources by their logical names. `more` has further parameters."""
    cfn = client("cloudformation")
    parameters = {
        "Architecture": "x86_64", "TokenIssuer": ISSUER, "TokenAudience": "forecourt,desk-client",
        "PublicUrl": "https://desk.example", "MailFrom": "desk@forecourt.example", "ReservedConcurrency": "300", **more,
    }
    template = json.loads(TEMPLATE.read_text())
    # Lambda refuses a deployment that reserves more than the account has.
    limits = [resource["Properties"].get("ReservedConcurrentExecutions") for resource in template["Resources"].values()]
    reserved = [limit["Fn::If"][1] for limit in limits if limit]
    reservable = int(parameters["ReservedConcurrency"])
    expect("the reserved concurrency fits into the parameter", reservable == 0 or sum(reserved) <= reservable, True)
    expect("functions with reserved concurrency", len(reserved), 8)
    parameter = template["Parameters"]["ReservedConcurrency"]
    expect("the constraint names the sum", f"reserve {sum(reserved)} together" in parameter["ConstraintDescription"], True)
    allowed = [value for value in ["0", "1", "299", "300", "1000", "00"] if re.fullmatch(parameter["AllowedPattern"], value)]
    expect("the values of ReservedConcurrency", allowed, ["0", "300", "1000"])
    # The emulator enforces the template's roles, with three errors that are corrected here: it checks SES's action on "*" without
    # ses:FromAddress, it treats every schedule as one of the default group, and it takes a batch of messages for an action of its own.
    for role in ["SendRole", "OutboxRole"]:
        for statement in template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
            # A statement under a condition has its actions one level deeper.
            actions = statement.get("Action", [])
            if "ses:SendRawEmail" in actions:
                statement.pop("Condition")
                statement["Resource"] = "*"
            if "sqs:SendMessage" in actions:
                statement["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]
            if "scheduler:CreateSchedule" in actions:
                statement["Resource"] = "arn:aws:scheduler:*:*:schedule/default/*"
    # The emulator has no GuardDuty: the drive writes its tags.
    del template["Resources"]["MalwareScanPlan"]
    # The emulator has no TLS, so the policy that accepts TLS only would refuse every upload.
    del template["Resources"]["BucketPolicy"]
    client("s3").put_object(Bucket="code", Key="template.json", Body=json.dumps(template).encode())
    cfn.create_stack(
        StackName=name, TemplateURL=f"{ENDPOINT}/code/template.json", Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    )

    def done():
        stack = cfn.describe_stacks(StackName=name)["Stacks"][0]
        if "FAILED" in stack["StackStatus"] or "ROLLBACK" in stack["StackStatus"]:
            events = cfn.describe_stack_events(StackName=name)["StackEvents"]
            told = [f"{e['LogicalResourceId']}: {e['ResourceStatus']} {e.get('ResourceStatusReason', '')}" for e in events]
            raise SystemExit("\n".join([f"FAILED: {stack['StackStatus']} {stack.get('StackStatusReason', '')}", *told]))
        return stack if stack["StackStatus"] == "CREATE_COMPLETE" else None

    wait(f"deployed the stack {name}", 180, done)
    pages = cfn.get_paginator("list_stack_resources").paginate(StackName=name)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for page in pages for r in page["StackResourceSummaries"]}


def run_timers(resources):
    """Makes the calls of the timers when they are due. The emulator has no universal targets: it drops a timer that calls SQS itself."""
    scheduler, sqs, group, calls = client("scheduler"), client("sqs"), resources["Schedules"], {}
    while True:
        for name in [schedule["Name"] for schedule in scheduler.list_schedules(GroupName=group)["Schedules"]]:
            if name in calls:
                continue
            try:
                timer = scheduler.get_schedule(GroupName=group, Name=name)
            except scheduler.exceptions.ResourceNotFoundException:
                continue
            target, when = timer["Target"], timer["ScheduleExpression"]
            if when.startswith("at(") and target["Arn"] == "arn:aws:scheduler:::aws-sdk:sqs:sendMessage":
                calls[name] = (datetime.fromisoformat(when[3:-1]).replace(tzinfo=timezone.utc), json.loads(target["Input"]))
        for name, (at, message) in calls.items():
            if message and at <= datetime.now(timezone.utc):
                sqs.send_message(**message)
                calls[name] = (at, None)
        time.sleep(1)


def mails():
    """Returns the mails that the emulator's SES accepted, as text."""
    with urllib.request.urlopen(f"{ENDPOINT}/_ministack/ses/messages") as reply:
        return reply.read().decode()


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
    expect("a second audience", call(host, "GET", leads, bearer=token(aud=None, client_id="desk-client", sub="ingo.brandt"))[0], 200)
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
    calendar(host, admin, lead["id"])
    settings(host, admin)
    partners(resources, host, leads, admin)
    appointments(resources, host, admin)
    overview(host, admin)
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


ORDER_FORM = b"%PDF-1.7 an order form"


def uploaded(host, lead, admin, file=ORDER_FORM):
    """Announces a document and uploads its file by its link. Returns the document's path."""
    path = f"/leads/{lead}/documents"
    status, made = call(host, "POST", path, {"title": "Order form", "content_type": "application/pdf", "bytes": len(file)}, admin)
    expect("a document is announced", (status, made.get("state")), (201, "pending"))
    one = f"{path}/{made['id']}"
    expect("completed too early", call(host, "POST", one + "/completion", {}, admin)[0], 409)
    put = urllib.request.Request(made["upload"]["url"], data=file, method="PUT", headers={"Content-Type": "application/pdf"})
    expect("uploaded by its link", urllib.request.urlopen(put).status, 200)
    return one


def documents(host, lead, admin):
    """Uploads and downloads a document by the bucket's signed links, with the permissions of the function's role."""
    page = uploaded(host, lead, admin, b"<html><script>alert(1)</script></html>")
    expect("a page in place of a PDF is refused", call(host, "POST", page + "/completion", {}, admin)[0], 422)
    expect("removed", call(host, "DELETE", page, bearer=admin)[0], 200)
    one = uploaded(host, lead, admin)
    expect("completed", call(host, "POST", one + "/completion", {}, admin)[1].get("state"), "uploaded")
    link = call(host, "GET", one, bearer=admin)[1]["download"]["url"]
    expect("downloaded by its link", urllib.request.urlopen(link).read(), ORDER_FORM)
    expect("removed", call(host, "DELETE", one, bearer=admin)[0], 200)
    try:
        expect("its file", urllib.request.urlopen(link).status, 404)
    except urllib.error.HTTPError as e:
        expect("its file", e.code, 404)


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
    expect("the link by then", call(host, "GET", path)[0], 404)


def settings(host, admin):
    """Reads the settings, changes them with the current version, and is refused with an old one."""
    path = f"/dealers/{NORDSTERN}/settings"
    status, read = call(host, "GET", path, bearer=admin)
    expect("the dealer's settings", (status, read["version"]), (200, 1))
    changed = {**read["settings"], "name": "Autohaus Nordstern am Tor"}
    expect("changed without a version", call(host, "PUT", path, changed, admin)[0], 428)
    expect("changed", call(host, "PUT", path, changed, admin, {"if-match": '"1"'})[1]["version"], 2)
    expect("changed by who saw an older version", call(host, "PUT", path, read["settings"], admin, {"if-match": '"1"'})[0], 412)
    expect("who changed what", [c["by"] for c in call(host, "GET", path + "/history", bearer=admin)[1]["changes"]], ["user:ingo.brandt", "system"])


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
    expect("who makes none", call(host, "POST", path, body("c-1"), token(sub="portal-demo", partner="portal-demo"))[0], 403)
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
    wait("the overview has both appointments, one of them called off", 30, lambda: (lambda it: (it["appointments"]["total"], it["cancelled"]["number"]))(of("appointments")[1]) == (2, 1))
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
    said = []
    while letters := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=30).get("Messages"):
        for letter in letters:
            attributes = {name: {k: v for k, v in of.items() if k in ("StringValue", "DataType")} for name, of in letter["MessageAttributes"].items()}
            expect("the sender of a dead letter", attributes.get("sender", {}).get("StringValue"), sender.split(":")[0])
            sqs.send_message(QueueUrl=queue, MessageBody=letter["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
            said.append(letter["Body"])
    return sorted(said, key=lambda body: body != "{ this is no enquiry")


def load(table, *rest):
    loaded = subprocess.run([str(BINARIES / "forecourt"), "load", table, *rest], env={**os.environ, "AWS_ENDPOINT_URL": ENDPOINT}, capture_output=True, text=True)
    expect("loaded a group", (loaded.returncode, loaded.stderr), (0, ""))


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
        demo["dealers"].append({**demo["dealers"][0], "id": another})
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


def scanned(bucket, document, result):
    """Writes the tag that GuardDuty writes after the scan of a document of the demo group."""
    _, _, lead, _, name = document.split("/")
    tags = {"TagSet": [{"Key": "GuardDutyMalwareScanStatus", "Value": result}]}
    client("s3").put_object_tagging(Bucket=bucket, Key=f"documents/demo-group/{lead}/{name}", Tagging=tags)


def copied(old, new):
    """Copies the table's items into another table, as a restore does: with the indexes, and without stream. Returns the label of the stream that
    the copy gets afterwards."""
    dynamodb = client("dynamodb")
    schema = dynamodb.describe_table(TableName=old)["Table"]
    indexes = [{name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in schema["GlobalSecondaryIndexes"]]
    dynamodb.create_table(
        TableName=new, BillingMode="PAY_PER_REQUEST", KeySchema=schema["KeySchema"], AttributeDefinitions=schema["AttributeDefinitions"],
        GlobalSecondaryIndexes=indexes,
    )
    status = lambda: dynamodb.describe_table(TableName=new)["Table"]
    wait("the restored table is active", 30, lambda: status()["TableStatus"] == "ACTIVE")
    number = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=old, ConsistentRead=True):
        for item in page["Items"]:
            dynamodb.put_item(TableName=new, Item=item)
            number += 1
    say(f"copied {number} items")
    dynamodb.update_table(TableName=new, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    return wait("the restored table has a stream", 30, lambda: status().get("LatestStreamArn", "")).split("/stream/")[1]


def restore(resources):
    """Practises a restore (docs/operations.md#restore): a stack over a copy of the table, with the bucket and the secrets that exist. A lead is there,
    its document is downloaded after a malware scan, its timer restarts, and its deadline goes through its levels."""
    who = token(sub="admin.always", group="cloud-group")
    admin = token(sub="ingo.brandt")
    host = lambda of: f"{of['Api']}.execute-api.localhost"
    first = call(host(resources), "GET", f"/dealers/{NORDSTERN}/leads", bearer=admin)[1]["leads"][0]["id"]
    document = uploaded(host(resources), first, admin)
    expect("completed", call(host(resources), "POST", document + "/completion", {}, admin)[1].get("state"), "uploaded")
    body = {"external_id": "restored-1", "contact": {"last_name": "Kept", "email": "kept@example.com"}}
    status, lead = call(host(resources), "POST", "/dealers/always-open/leads", body, who)
    expect("a lead before the restore", status, 201)
    path = f"/leads/{lead['id']}"
    level = lambda of: call(host(of), "GET", path, bearer=who)[1]["deadline"]["level"]
    label = copied(resources["Table"], "forecourt-restored")
    expect("its level in the copy", level(resources), 0)
    secrets = ["ChannelSecret", "LinkKeys", "PingBackKeys", "WebhookKeys", "OriginKeys"]
    # The emulator lists a secret by its name, AWS by its ARN.
    arn = lambda secret: client("secretsmanager").describe_secret(SecretId=resources[secret])["ARN"]
    restored = deploy(
        "restored", ReservedConcurrency="0", ExistingTable="forecourt-restored", ExistingTableStream=label, ExistingBucket=resources["Bucket"],
        MalwareScan="on",
        **{f"Existing{secret}": arn(secret) for secret in secrets},
    )
    expect("the stack has no table, bucket or secret of its own", [name for name in ["Table", "Bucket", *secrets] if name in restored], [])
    there = host(restored)
    status, page = call(there, "GET", path, bearer=who)
    expect("the lead is there", (status, page.get("id"), page.get("contact")), (200, lead["id"], "Kept"))
    again = call(there, "POST", "/dealers/always-open/leads", body, who)[1]
    expect("its enquiry is recognised, because the channel secret is the same", again.get("id"), lead["id"])
    expect("a document without a verdict of the malware scan", call(there, "GET", document, bearer=admin)[0], 409)
    scanned(resources["Bucket"], document, "THREATS_FOUND")
    expect("with malware", call(there, "GET", document, bearer=admin)[0], 409)
    scanned(resources["Bucket"], document, "NO_THREATS_FOUND")
    shown = call(there, "GET", document, bearer=admin)[1]
    expect("a document of the bucket", urllib.request.urlopen(shown["download"]["url"]).read(), ORDER_FORM)

    # No record of the stream has the copied lead, so only the sweep finds its next step. The emulator's schedule of the sweep is too slow here.
    lambda_ = client("lambda")

    def swept_to(wanted):
        # Every level is due a minute after the one before, and the sweep waits two more.
        swept = lambda_.invoke(FunctionName=restored["Outbox"], Payload=b"{}")
        if swept.get("FunctionError"):
            raise SystemExit(f"FAILED: the sweep over the restored table: {swept['Payload'].read()!r}")
        time.sleep(5)
        return level(restored) >= wanted

    wait("the sweep restarts the timer of the lead", 300, lambda: swept_to(1))
    wait("stream -> outbox: the next level comes by the restored table's stream", 150, lambda: level(restored) == 2)


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
