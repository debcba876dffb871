"""Practises a restore of the table (docs/operations.md#restore)."""

import time
import urllib.request

from documents import ORDER_FORM, scanned, uploaded
from emulator import NORDSTERN, call, client, deploy, expect, say, wait
from provider import token


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
