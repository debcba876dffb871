"""Measures each page of the menu and of a lead: bytes over the wire, requests to the API, time of the server."""

import re

from demo import NORDSTERN
from visitor import Visitor

FIRST, AFTER, REQUESTS = 60_000, 15_000, 3
PAGES = [
    "today", "leads", "board", "tasks", "calendar", "calendar?view=month", "appointments", "overview", "settings", "settings/escalation", "views",
]


def weigh(drive):
    """Prints the table. What is too heavy, or asks too often, is wrong."""
    run, lead = drive.run, drive.seeds.lead()
    drive.seeds.fill(lead)
    for _ in range(50):
        drive.seeds.lead()
    drive.say("page                              first     after   packed  API  server")
    pages = [f"/desk/d/{NORDSTERN}/{page}" for page in PAGES] + [f"/desk/leads/{lead}", f"/desk/leads/{lead}?tab=thread", f"/desk/leads/{lead}?tab=follow-up", "/desk/me"]
    for path in pages:
        with Visitor(drive, "ingo.brandt", "en") as visitor:
            sizes, packed = [], set()
            wire = visitor.context.new_cdp_session(visitor.page)
            wire.send("Network.enable")
            wire.send("Network.clearBrowserCache")
            received = []
            wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
            wire.on("Network.responseReceived", lambda event: packed.add(event["response"]["headers"].get("content-encoding", "-")))
            for _ in range(2):
                received.clear()
                seen = len(run.log)
                visitor.go(path)
                visitor.page.wait_for_load_state("networkidle")
                sizes.append(sum(received))
            lines = [line for line in run.log[seen:] if re.match(r"[\d:]+ [A-Z]+ +/", line)]
            asked = [line for line in lines if "/desk" not in line and not re.search(r" /me ", line)]
            took = next((line.split()[-2] for line in lines if path.split("?")[0] in line), "?")
        first, after = sizes
        name = path.removeprefix("/desk/").replace(f"d/{NORDSTERN}/", "")
        drive.say(f"{name:30} {first:8} {after:9}   {','.join(packed - {'-'}) or 'no':6} {len(asked):4} {took:>5} ms")
        if first > FIRST or after > AFTER:
            drive.wrong(f"{path} is too heavy: {first} bytes first, {after} after")
        if len(asked) > REQUESTS:
            drive.wrong(f"{path} asks the API {len(asked)} times: {asked}")
