"""Documents of a lead: their upload, their download, and the malware scan."""

import urllib.error
import urllib.request

from emulator import call, client, expect

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


def scanned(bucket, document, result):
    """Writes the tag that GuardDuty writes after the scan of a document of the demo group."""
    _, _, lead, _, name = document.split("/")
    tags = {"TagSet": [{"Key": "GuardDutyMalwareScanStatus", "Value": result}]}
    client("s3").put_object_tagging(Bucket=bucket, Key=f"documents/demo-group/{lead}/{name}", Tagging=tags)
