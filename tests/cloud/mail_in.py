"""Mail in: mails in the bucket and their notices, as SES makes them, and the operations of the inbox."""

import json
from datetime import datetime, timezone

from emulator import NORDSTERN, call, client, expect, wait

DOMAIN = "in.forecourt.example"
ADDRESS = f"{NORDSTERN}.demo-group@{DOMAIN}"
LETTER = f"""From: Karl Seemann <karl@seemann.example>
To: {ADDRESS}
Subject: Astra
Message-ID: <astra@seemann.example>
Content-Type: text/plain; charset=utf-8

Is the blue Astra still for sale?

Karl Seemann
"""
NEWSLETTER = f"""From: Parts World <news@parts.example>
To: {ADDRESS}
Subject: Winter tyres from 49 EUR
Message-ID: <{{name}}@parts.example>
List-Unsubscribe: <https://parts.example/stop>
Precedence: bulk
Content-Type: text/plain; charset=utf-8

Our offers of the week. Unsubscribe at any time.
"""


def deliver(resources, name, raw):
    """Takes the place of the receipt rule: the emulator has none. Stores a mail in the bucket, and notifies the topic of the template."""
    key, now = f"raw/mail/{name}", datetime.now(timezone.utc).isoformat()
    client("s3").put_object(Bucket=resources["Bucket"], Key=key, Body=raw.replace("\n", "\r\n").encode())
    passed = {f"{check}Verdict": {"status": "PASS"} for check in ("spam", "virus", "spf", "dkim", "dmarc")}
    action = {"type": "S3", "bucketName": resources["Bucket"], "objectKeyPrefix": "raw/mail/", "objectKey": key}
    notice = {
        "notificationType": "Received",
        "mail": {"timestamp": now, "source": "sender@example.com", "messageId": name, "destination": [ADDRESS], "commonHeaders": {}},
        "receipt": {"timestamp": now, "recipients": [ADDRESS], **passed, "action": action},
    }
    client("sns").publish(TopicArn=resources["MailTopic"], Subject="Amazon SES Email Receipt Notification", Message=json.dumps(notice))


def mail_in(resources, host, admin):
    """Receives a letter, which becomes a lead, and newsletters, about which the inbox decides. Topic, queue, bucket and rights are those of the template."""
    leads, inbox = f"/dealers/{NORDSTERN}/leads", f"/dealers/{NORDSTERN}/mails"
    deliver(resources, "letter", LETTER)
    by_mail = lambda: [lead for lead in call(host, "GET", leads, bearer=admin)[1]["leads"] if lead.get("contact") == "Karl Seemann"]
    lead = wait("topic -> queue -> lead-intake: a letter is a lead", 60, by_mail)[0]
    expect("its source", lead["source"], "mail")
    for name in ("news-1", "news-2"):
        deliver(resources, name, NEWSLETTER.replace("{name}", name))
    of_state = lambda state: sorted(mail["id"] for mail in call(host, "GET", f"{inbox}?state={state}", bearer=admin)[1].get("mails", []))
    wait("newsletters are no leads: they are in the inbox", 60, lambda: of_state("open") == ["news-1", "news-2"])
    expect("still one lead by mail", len(by_mail()), 1)
    status, page = call(host, "GET", f"{inbox}/news-1", bearer=admin)
    expect("its page, with the text of the bucket's object", (status, "offers of the week" in page["text"]), (200, True))
    expect("the raw mail", call(host, "GET", f"{inbox}/news-1/raw", bearer=admin)[0], 200)
    expect("completed", call(host, "POST", f"{inbox}/news-1/completion", {}, admin)[0], 200)
    expect("the open ones", of_state("open"), ["news-2"])
    expect("reopened", call(host, "DELETE", f"{inbox}/news-1/completion", bearer=admin)[0], 200)
    values = {"type": "used_car", "contact": {"last_name": "Seemann", "email": "parts@parts.example"}}
    status, made = call(host, "POST", f"{inbox}/news-2/lead", values, admin)
    expect("a lead of a mail", status, 201)
    expect("its raw input is the mail", call(host, "GET", f"/leads/{made['id']}", bearer=admin)[0], 200)
    expect("the open ones", of_state("open"), ["news-1"])
