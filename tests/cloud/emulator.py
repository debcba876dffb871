"""The emulated AWS: the stack, its functions, and calls of the API.

The emulator runs the compiled functions behind the template's own queues, stream, timers and routes, so it checks that the template and the
binaries agree. The folder of the compiled functions and the translated template are the arguments of `drive.py`.
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import boto3

import operations
from provider import CLIENT, CONSOLE, ISSUER

ROOT = Path(__file__).resolve().parents[2]
TEMPORARY = Path(tempfile.mkdtemp(prefix="forecourt-"))
BINARIES, TEMPLATE = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
PORT = 4599
ENDPOINT = f"http://127.0.0.1:{PORT}"
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
        "Architecture": "x86_64", "TokenIssuer": ISSUER, "TokenAudience": f"forecourt,{CLIENT}",
        "PublicUrl": "https://desk.example", "ConsoleUrl": CONSOLE, "SignInClient": CLIENT, "MailFrom": "desk@forecourt.example",
        "MailDomain": "in.forecourt.example", "ReservedConcurrency": "300", **more,
    }
    template = json.loads(TEMPLATE.read_text())
    # Lambda refuses a deployment that reserves more than the account has.
    limits = [resource.get("Properties", {}).get("ReservedConcurrentExecutions") for resource in template["Resources"].values()]
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
    # The name of the emulated API does not resolve, so the console calls it by the emulator's own address.
    template["Resources"]["Console"]["Properties"]["Environment"]["Variables"]["API_URL"] = {"Fn::Sub": f"{ENDPOINT}/_aws/execute-api/${{Api}}/$default"}
    # The emulator has no GuardDuty: the drive writes its tags.
    del template["Resources"]["MalwareScanPlan"]
    # The emulator receives no mail: the drive stores mails in the bucket and notifies the topic (mail_in.py).
    del template["Resources"]["MailRule"], template["Resources"]["MailRuleSet"], template["Outputs"]["MailRuleSetName"]
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
            reasons = [f"{e['LogicalResourceId']}: {e['ResourceStatus']} {e.get('ResourceStatusReason', '')}" for e in events]
            raise SystemExit("\n".join([f"FAILED: {stack['StackStatus']} {stack.get('StackStatusReason', '')}", *reasons]))
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


def load(table, *rest):
    loaded = subprocess.run([str(BINARIES / "forecourt"), "load", table, *rest], env={**os.environ, "AWS_ENDPOINT_URL": ENDPOINT}, capture_output=True, text=True)
    expect("loaded a group", (loaded.returncode, loaded.stderr), (0, ""))
