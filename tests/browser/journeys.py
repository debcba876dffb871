"""The journeys of people through the console: a sale by keyboard alone, a seller's morning, a manager's Monday, an export, two on one lead."""

import re

from playwright.sync_api import expect

from demo import NORDSTERN
from visitor import Visitor

BASE = f"/desk/d/{NORDSTERN}"
# What has the focus: where it is, and whether it shows that.
FOCUS = """() => {
    const focused = document.activeElement, box = focused.getBoundingClientRect(), style = getComputedStyle(focused);
    return {shows: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, tag: focused.outerHTML.slice(0, 150),
        seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth, inside: Boolean(focused.closest('dialog'))};
}"""


class Keys:
    """A person without a mouse. What has the focus is always to be seen."""

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def focus(self):
        focus = self.page.evaluate(FOCUS)
        if not focus["seen"] or not focus["shows"]:
            self.visitor.wrong(f"the focus is not to be seen: {focus['tag']}")
        return focus

    def to(self, locator, key="Tab"):
        """Moves the focus to the first of the elements."""
        target = locator.first
        target.wait_for()
        for _ in range(150):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.press(key)
            if self.page.evaluate("document.activeElement !== document.body"):
                self.focus()
        self.visitor.wrong(f"the keyboard does not reach {locator}")

    def open_dialog(self, link):
        """Opens a form, checks that the focus stays in it, closes and opens it again."""
        dialog = self.page.locator("dialog[open]")
        self.to(link)
        self.press("Enter")
        expect(dialog.locator("form")).to_be_visible()
        for key in ["Shift+Tab"] * 3 + ["Tab"] * 4:
            self.press(key)
            focus = self.page.evaluate(FOCUS)
            if not focus["inside"] and "<body" not in focus["tag"]:
                self.visitor.wrong(f"the focus leaves the dialog to {focus['tag']}")
        self.press("Escape")
        expect(dialog).to_have_count(0)
        expect(link.first).to_be_focused()
        self.press("Enter")
        expect(dialog.locator("form")).to_be_visible()

    def send(self, visitor, done):
        self.to(self.page.locator("dialog[open] button:not(.plain)"))
        self.press("Enter")
        expect(self.page.locator("main .note[role=status]")).to_have_text(visitor.t(f"done.{done}"))


def from_enquiry_to_won(drive):
    """A seller wins a lead by keyboard alone."""
    lead = drive.seeds.lead()
    with Visitor(drive, "anna.vogt", "en") as visitor:
        page, keys = visitor.page, Keys(visitor)
        visitor.go(f"{BASE}/today")
        keys.press("Tab")
        expect(page.locator("a.skip")).to_be_focused()
        expect(page.locator("a.skip")).to_be_in_viewport()
        keys.press("Enter")
        expect(page.locator("main")).to_be_focused()
        keys.press("g", "l")
        expect(page).to_have_url(re.compile("/leads$"))
        keys.press("/")
        expect(page.locator("#find")).to_be_focused()
        number = drive.run.call("anna.vogt", "GET", f"/leads/{lead}")["number"]
        page.keyboard.type(number)
        keys.press("Enter")
        page.wait_for_selector(f'main a[href*="{lead}"], main header.lead')
        if not page.query_selector("header.lead"):
            keys.to(page.locator(f'main a[href*="/desk/leads/{lead}"]'))
            keys.press("Enter")
        expect(page.locator("header.lead")).to_be_visible()

        bar = page.locator("nav.bar")
        keys.open_dialog(bar.get_by_role("link", name=visitor.t("form.reaction.title"), exact=True))
        keys.to(page.locator("dialog [name=kind]"))
        page.keyboard.type(visitor.t("label.kind.call_reached")[:6])
        keys.send(visitor, "reaction")
        keys.open_dialog(bar.get_by_role("link", name=visitor.t("form.event.title"), exact=True))
        keys.to(page.locator("dialog [name=title]"))
        page.keyboard.type("Visit in the showroom")
        keys.to(page.locator("dialog [name=type]"))
        page.keyboard.type(visitor.t("label.type_of_event.visit_inbound")[:8])
        keys.send(visitor, "event")
        keys.open_dialog(bar.get_by_role("link", name=visitor.t("form.status.title")))
        keys.to(page.locator("dialog [name=status]"))
        page.keyboard.type(visitor.t("label.status.won"))
        keys.send(visitor, "status")
        expect(page.locator("header.lead.status-won")).to_be_visible()
        drive.say("from enquiry to won, by keyboard")


def morning_of_a_seller(drive):
    """A seller begins the day on a phone: claims a lead, notes a call, plans the next step, ticks a task."""
    drive.seeds.pool()
    drive.seeds.lead(owner=None)
    drive.seeds.fill(drive.seeds.lead())
    drive.run.language("anna.vogt", "de")
    with Visitor(drive, "anna.vogt", "de", "phone") as visitor:
        page = visitor.page
        visitor.go(f"{BASE}/today")
        page.get_by_role("button", name=visitor.t("today.take")).first.click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.claim"))
        page.locator("section[aria-labelledby=leads] a.open").first.click()
        expect(page.locator("header.lead")).to_be_visible()
        expect(page.locator('main a[href^="tel:+49"]').first).to_be_visible()
        page.locator("#communication summary").click()
        page.get_by_role("link", name=visitor.t("form.call.title"), exact=True).click()
        page.locator("dialog [name=reached]").check()
        page.locator("dialog [name=note]").fill("Kommt am Samstag")
        page.locator("dialog button:not(.plain)").click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.call"))
        visitor.go(f"{BASE}/today")
        page.locator("a.plus").first.click()
        page.locator("dialog [name=title]").fill("Probefahrt")
        page.locator("dialog [name=type]").select_option("visit_inbound")
        page.locator("dialog button:not(.plain)").click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.event"))
        page.locator("section[aria-labelledby=tasks] button.done").first.click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.task-complete"))
        drive.say("a morning of a seller")


def monday_of_a_manager(drive):
    """A manager sees what was not answered, gives it to somebody else, and shortens the times."""
    late = drive.seeds.lead(owner="ben.krause")
    drive.run.call(None, "POST", "/_local/clock", {"advance_minutes": 2 * 1440})
    drive.run.language("ingo.brandt", "nl")
    with Visitor(drive, "ingo.brandt", "nl") as visitor:
        page = visitor.page
        page.locator("nav.main").get_by_role("link", name=visitor.t("nav.overview"), exact=True).click()
        expect(page.locator("main h1")).to_be_visible()
        visitor.go(f"{BASE}/leads?overdue=true&owner=ben.krause")
        expect(page.locator(f"#lead-{late} .tag.level")).to_be_visible()
        page.locator(f"#lead-{late} a.open").click()
        page.locator("nav.bar").get_by_role("link", name=visitor.t("form.assignment.title"), exact=True).click()
        page.locator("dialog [name=user]").select_option("clara.henning")
        page.locator("dialog button:not(.plain)").click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.assignment"))
        expect(page.locator("header.lead")).to_contain_text("Clara Henning")
        page.locator("nav.main").get_by_role("link", name=visitor.t("nav.settings"), exact=True).click()
        page.get_by_role("link", name=visitor.t("settings.part.escalation"), exact=True).first.click()
        page.fill("[name=level_1]", "45")
        page.locator("button[value=review]:not(.hidden)").click()
        expect(page.locator(".changes tbody td")).to_have_text([re.compile("2"), re.compile("45")])
        page.locator("button[value=save]").click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.settings"))
        expect(page.locator("[name=level_1]")).to_have_value("45")
        drive.say("a manager's Monday")


def week_of_a_seller(drive):
    """A seller is busy for half an hour, is free again, and works on Mondays in the morning only."""
    with Visitor(drive, "greta.sommer", "en", "phone") as visitor:
        page, status = visitor.page, visitor.page.locator("main .note[role=status]")
        visitor.go(f"{BASE}/today")
        page.locator(".busy button[value='30']").click()
        expect(status).to_have_text(visitor.t("done.availability_busy"))
        page.locator(".busy").get_by_role("button", name=visitor.t("availability.free"), exact=True).click()
        expect(status).to_have_text(visitor.t("done.availability_free"))
        visitor.go("/desk/me")
        page.get_by_role("link", name=visitor.t("availability.change_week"), exact=True).click()
        page.fill("[name='hours.mon.0.0']", "09:00")
        page.fill("[name='hours.mon.0.1']", "13:00")
        page.locator("button[value=review]:not(.hidden)").click()
        page.locator("button[value=save]").click()
        expect(status).to_have_text(visitor.t("done.settings"))
        expect(page.locator("main")).to_contain_text("09:00–13:00")
        drive.say("a seller's week")


def answer_of_a_seller(drive):
    """A seller answers a customer's mail on a phone, with a canned answer. What was typed outlives the page."""
    drive.seeds.texts()
    lead = drive.seeds.lead()
    drive.seeds.answer(lead)
    with Visitor(drive, "anna.vogt", "en", "phone") as visitor:
        page, dialog = visitor.page, visitor.page.locator("dialog[open]")
        answer = page.get_by_role("link", name=re.compile("^" + visitor.t("form.answer.title")))
        visitor.go(f"/desk/leads/{lead}?tab=thread")
        answer.click()
        dialog.locator("[name=text]").fill("Gern!")
        dialog.locator("[name=canned]").select_option("besichtigung-email")
        dialog.get_by_role("button", name=visitor.t("message.insert")).click()
        expect(dialog.locator("[name=text]")).to_have_value(re.compile("^Gern!\\n\\nGuten Tag "))
        expect(dialog.locator("[name=text]")).to_be_focused()
        page.reload()
        answer.click()
        expect(dialog.locator("[name=text]")).to_have_value(re.compile("^Gern!"))
        dialog.locator("form button:not(.plain):not(.hidden)").click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.answer"))
        expect(page.locator(".message").first).to_contain_text("Gern!")
        page.locator("section").get_by_role("link", name=visitor.t("form.sms.title"), exact=True).click()
        dialog.locator("[name=text]").fill("x" * 161)
        expect(dialog.locator("[data-parts]")).to_contain_text("161")
        drive.say("a seller's answer")


def export_of_head_office(drive):
    """Head office asks for an export, sees its progress, downloads it, and finds it in the log."""
    with Visitor(drive, "hugo.office", "en") as visitor:
        page = visitor.page
        visitor.go("/desk/group/exports/new/leads")
        page.locator("main form:is([data-form]) button:not(.plain)").click()
        expect(page.locator(".note[role=status]")).to_have_text(visitor.t("done.export_leads"))
        link = page.locator('main a[href$="/download"]')
        expect(link).to_be_visible(timeout=40_000)
        with page.expect_download() as downloaded:
            link.click()
        if not downloaded.value.suggested_filename.endswith(".xlsx"):
            visitor.wrong(f"the export is called {downloaded.value.suggested_filename}")
        drive.addresses.reached("GET", visitor.path().split("?")[0] + "/download")
        visitor.go("/desk/group/exports")
        expect(page.locator("main tbody tr").first).to_contain_text("Hugo Office")
        drive.say("head office's export")


def two_on_one_lead(drive):
    """Two people change one lead: the second one sees it, loses nothing that was typed, and decides."""
    lead = drive.seeds.lead()
    with Visitor(drive, "anna.vogt", "en") as first, Visitor(drive, "ingo.brandt", "en") as second:
        for one in (first, second):
            one.go(f"/desk/leads/{lead}")
            one.page.locator("nav.bar").get_by_role("link", name=re.compile("^" + one.t("form.status.title"))).click()
            one.page.locator("dialog [name=note]").fill(f"Note of {one.user}")
        first.page.locator("dialog [name=status]").select_option("won")
        first.page.locator("dialog button:not(.plain)").click()
        expect(first.page.locator(".note[role=status]")).to_have_text(first.t("done.status"))
        second.page.locator("dialog [name=status]").select_option("lost")
        second.page.locator("dialog [name=reason]").select_option("price")
        second.page.locator("dialog button:not(.plain)").click()
        expect(second.page.locator("dialog [role=alert]")).to_contain_text(second.t("error.changed"))
        expect(second.page.locator("dialog [name=note]")).to_have_value("Note of ingo.brandt")
        expect(second.page.locator("dialog [name=status]")).to_have_value("lost")
        # A lead that was won is reopened before it is lost.
        second.page.locator("dialog [name=status]").select_option("in_progress")
        second.page.locator("dialog [name=reason]").select_option("")
        second.page.locator("dialog button:not(.plain)").last.click()
        expect(second.page.locator("header.lead.status-in_progress")).to_be_visible()
        drive.say("two people on one lead")


def all_journeys(drive):
    for user in ("anna.vogt", "greta.sommer", "ingo.brandt", "hugo.office"):
        drive.run.language(user, "en")
    for journey in (from_enquiry_to_won, answer_of_a_seller, two_on_one_lead, export_of_head_office, morning_of_a_seller, monday_of_a_manager, week_of_a_seller):
        try:
            journey(drive)
        except Exception as failure:
            drive.wrong(f"{journey.__name__}: {str(failure)[:1500]}")
        for user in ("anna.vogt", "ingo.brandt"):
            drive.run.language(user, "en")
