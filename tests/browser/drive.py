"""Drives the pages of Forecourt in Chromium: the console of staff, and the page on which a customer books a time.

Usage: drive.py BINARY PICTURES [--part PART | --language LANGUAGE]. Starts the local run on a free port with a folder of its own, writes
pictures of all pages, prints all that is wrong, and then fails. `--part` drives one part only; the part `readme` writes the pictures of
README.md. `--language` drives all parts, but the forms in one language only.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import sync_playwright

from crawl import Crawl
from customer import customers
from demo import Addresses, Run, texts
from forms import Forms
from journeys import all_journeys
from readme import pictures_of_readme
from seeds import Seeds
from settings import Settings
from weigh import weigh


# What needs more than the demo has: deliveries to a receiver of webhooks, leads of a pool, several contacts, links that were sent, bookings
# under an absence, a deadline that waits for its approval, a follow-up plan, several mails of the inbox, an own layout of mails, an
# appointment with a choice of leads; a file, which is no page; and the button "not busy", which a journey presses. `tests/console` opens
# them all.
ELSEWHERE = {
    "addresses": {
        "GET /desk/d/{dealer}/mails/{mail}/download",
        "GET /desk/group/privacy/access-files/{access_file}/download",
        "GET /desk/leads/{id}/raw/download",
        "GET /desk/group/webhooks/{webhook}/deliveries/{delivery}",
        "POST /desk/group/webhooks/{webhook}/deliveries/{delivery}",
        "POST /desk/help/tour",
        "GET /desk/d/{dealer}/leads/bulk",
        "GET /desk/d/{dealer}/leads/follow-up",
        "POST /desk/d/{dealer}/leads/follow-up",
        "GET /desk/d/{dealer}/mails/done",
        "POST /desk/d/{dealer}/mails/done",
        "POST /desk/d/{dealer}/settings/mailbox/trial",
    },
    "forms": {
        "appointment_arrive", "appointment_arrival_undo", "appointment_confirm_undo", "appointment_keep", "appointment_link", "appointment_reopen", "availability_free", "claim", "contact-main", "contact-remove", "event-keep", "event-reopen", "first-contact-approve", "group_redeliver", "group_redelivery", "group_webhook_off", "invitation-revoke", "leads_follow_up", "mails_done", "plan", "plan-stop",
    },
}


class Drive:
    """A part of the drive: its local run, its browser, and what is wrong."""

    def __init__(self, run, browser, pictures):
        self.run, self.browser, self.pictures = run, browser, pictures
        self.addresses, self.seeds, self.starts = Addresses(), Seeds(run), {}
        # The forms that were not sent yet.
        self.forms = {name for name, form in texts("en")["form"].items() if isinstance(form, dict)}
        self.faults, self.started = [], time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)

    def wrong(self, what):
        if what not in self.faults:
            self.faults.append(what)
            self.say(f"WRONG: {what}")


def console(language, size, script):
    """The part that sees every page and sends every form in a language."""

    def drive_console(drive):
        drive.starts = drive.seeds.everything()
        forms = Crawl(drive, language).everybody()
        Forms(drive, language, size, script).send_all(forms)
        drive.say("sent every form")
        Settings(drive, language, size, script).all()
        drive.say("changed every part of the settings")

    return drive_console


PARTS = {
    "de": console("de", "phone", script=False),
    "en": console("en", "desk", script=True),
    "nl": console("nl", "phone", script=True),
    "journeys": all_journeys,
    "weigh": weigh,
    "customer": customers,
    "readme": pictures_of_readme,
}


LANGUAGES = ("de", "en", "nl")


def drive_part(name, binary, pictures):
    """Drives one part. Leaves what it did not reach in a file, and fails if something is wrong."""
    chromium = shutil.which("chromium") or sys.exit("FAILED: there is no chromium")
    with tempfile.TemporaryDirectory(prefix="forecourt-") as folder, sync_playwright() as playwright:
        run = Run(binary, folder)
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            drive = Drive(run, browser, pictures)
            PARTS[name](drive)
            browser.close()
        finally:
            run.stop()
    left = {"addresses": sorted(map(" ".join, drive.addresses.left)), "forms": sorted(drive.forms)}
    (pictures / f"left-{name}.json").write_text(json.dumps(left))
    drive.say("done")
    if drive.faults:
        sys.exit(f"FAILED: {len(drive.faults)} faults in the part {name}")


def drive_all(binary, pictures, language):
    """Drives two parts at a time, each in a process of its own. What none of them reached is a fault, unless only one language is driven."""

    def one(name):
        command = [sys.executable, __file__, binary, pictures, "--part", name]
        part = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"--- {name}\n{part.stdout}", flush=True)
        return part.returncode == 0

    left_out = {"readme", *(LANGUAGES if language else ())} - {language}
    names = [name for name in PARTS if name not in left_out]
    with ThreadPoolExecutor(max_workers=2) as workers:
        good = all(list(workers.map(one, names)))
    # The part without a script and the parts with it do not reach the same forms.
    for what in () if language else ("addresses", "forms"):
        left = set.intersection(*(set(json.loads((pictures / f"left-{name}.json").read_text())[what]) for name in names))
        if left - ELSEWHERE[what]:
            good = False
            print(f"WRONG: the drive reaches none of these {what}: {sorted(left - ELSEWHERE[what])}")
        if ELSEWHERE[what] - left:
            good = False
            print(f"WRONG: the drive reaches these {what}, take them out of the exceptions: {sorted(ELSEWHERE[what] - left)}")
    if not good:
        sys.exit("FAILED")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binary", type=Path)
    arguments.add_argument("pictures", type=Path)
    some = arguments.add_mutually_exclusive_group()
    some.add_argument("--part", choices=PARTS)
    some.add_argument("--language", choices=LANGUAGES)
    options = arguments.parse_args()
    binary = options.binary.resolve()
    if options.part:
        drive_part(options.part, binary, options.pictures)
    else:
        drive_all(binary, options.pictures, options.language)


if __name__ == "__main__":
    main()
