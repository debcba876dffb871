"""Changes every part of a dealer's settings: without a change, with a bad value, and with a good one, which is reviewed before it is saved."""

from demo import LAKESIDE
from look import layout
from visitor import Visitor

NEW_DAY = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//drive//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261123T090000Z\r\n" \
    "DTSTART;VALUE=DATE:20261231\r\nSUMMARY:New Year's Eve\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
# Each change: the part, a button that adds or removes a row, bad values (none where every value is good), and good values.
CHANGES = [
    ("hours", None, {"zone": "Nowhere"}, {"zone": "America/Chicago", "hours.sat.0.1": "17:00"}),
    ("days-off", "add:days_off", {"days_off.3.from": "2027-07-05", "days_off.3.until": "2027-07-01"},
     {"days_off.3.until": "2027-07-06", "days_off.3.name": "Inventory", "days_off.3.kind": "company_holiday"}),
    ("escalation", None, {"level_1": "99999999"}, {"level_1": "90"}),
    ("deadline-rules", "add:deadline_rules", {"deadline_rules.0.level_1": "99999999"},
     {"deadline_rules.0.level_1": "15", "deadline_rules.0.when.sources": "mobile.de"}),
    ("deadline-rules", "remove:deadline_rules.0", None, {}),
    ("users/bob.carter/week", "add:weekly_absences", None,
     {"hours.mon.0.0": "09:00", "hours.mon.0.1": "13:00", "weekly_absences.0.day": "wed"}),
    ("absences", "add:absences", {"absences.0.from": "2027-03-02", "absences.0.until": "2027-03-01"},
     {"absences.0.user": "bob.carter", "absences.0.until": "2027-03-05", "absences.0.deputy": "carol.nguyen"}),
    ("groups", None, {"distribution_groups": "New cars"}, {"distribution_groups": "new-cars"}),
    ("routing", "add:routing_rules", {"routing_rules.0.when.sources": "x" * 101},
     {"routing_rules.0.group": "new-cars", "routing_rules.0.when.sources": "mobile.de"}),
    ("routing", "remove:routing_rules.0", None, {}),
    ("groups", None, None, {"distribution_groups": ""}),
    ("users/bob.carter", None, None, {"receives_leads": False}),
    ("pool", None, {"pool.user": "dan.rivera"}, {"pool.user": ""}),
    ("users", None, None, {"users.0.receives_leads": False, "users.2.receives_leads": False}),
    ("users", None, {"users.0.weight": "11"}, {"users.0.weight": "2", "users.0.max_open": "30"}),
    ("pool", None, None, {"pool.user": "dan.rivera", "pool.oldest_only": True}),
    ("pool", None, None, {"pool.user": ""}),
    ("pool", None, None, {"pool.user": "dan.rivera", "pool.oldest_only": True}),
    ("mailbox", None, {"lead_address": "no address"}, {"lead_address": "desk@lakeside-motors.example", "instant_answer.on": True}),
    ("mailbox", "add:mail_layouts", {"mail_layouts.0.source": "x" * 101},
     {"mail_layouts.0.source": "Website", "mail_layouts.0.senders": "lakeside-motors.example"}),
    ("mailbox", "add:mail_layouts.0.labels", {"mail_layouts.0.labels.0.key": "?"},
     {"mail_layouts.0.labels.0.key": "Your wish", "mail_layouts.0.labels.0.value": "message"}),
    ("configuration", None, {"trade_in_cc_email": "no address"}, {"trade_in_cc_email": "", "from_name": "Lakeside Motors"}),
    ("limits", None, {"text_message_countries": "Germany"}, {"text_message_countries": "US\nDE"}),
    ("appointments", None, {"reminder_hours": "9999"}, {"reminder_hours": "48"}),
    ("capacity", None, {"per_slot": "9999"}, {"per_slot": "2"}),
    ("dealer", None, {"country": "Germany"}, {"country": "US", "name": "Lakeside Motors & Sons"}),
]
FORM = "main form.settings"


class Settings:
    """The settings of a dealer, changed by an administrator of the group in one language."""

    def __init__(self, drive, language, size, script):
        self.visitor = Visitor(drive, "gina.group", language, size, script)
        self.page = self.visitor.page

    def all(self):
        with self.visitor as visitor:
            self.base = f"/desk/d/{LAKESIDE}/settings"
            for part, button, bad, good in CHANGES:
                try:
                    self.change(part, button, bad, good)
                except Exception as failure:
                    visitor.wrong(f"the part {part} cannot be changed: {str(failure)[:500]}")
            self.try_out()
            self.import_days()

    def fill(self, values):
        for name, value in values.items():
            box = self.page.locator(f'{FORM} [name="{name}"]')
            if isinstance(value, bool):
                box.set_checked(value)
            elif box.evaluate("box => box.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.evaluate("box => box.removeAttribute('maxlength')")
                box.fill(value)

    def press(self, name):
        """Presses a button of the page that is not hidden, and waits for the next page."""
        with self.page.expect_navigation():
            self.page.locator(f'main button[name=do][value="{name}"]:not(.hidden)').click()

    def change(self, part, button, bad, good):
        visitor, page = self.visitor, self.page
        visitor.go(f"{self.base}/{part}")
        self.press("review")
        if visitor.t("settings.no_change") not in page.inner_text("main"):
            visitor.wrong(f"{part}: does not say that nothing was changed")
        if button:
            self.press(button)
        if bad:
            self.fill(bad)
            self.press("review")
            if not page.query_selector("main .error"):
                # What only the API can refuse is refused when it is saved.
                self.press("save")
            self.refused(part, bad)
        self.fill(good)
        self.press("review")
        if bad and not any(good.values()):
            # The bad value was taken back.
            return
        if not page.query_selector("main .changes"):
            return visitor.wrong(f"{part}: shows no changes: {page.locator('main .error, main .note').all_inner_texts()}")
        for fault in layout(page):
            visitor.wrong(f"{part}: {fault}")
        visitor.picture(f"review-{part.replace('/', '-')}-{visitor.language}")
        self.press("save")
        if visitor.t("done.settings") not in page.locator(".note[role=status]").all_inner_texts():
            visitor.wrong(f"{part}: is not saved: {page.locator('main .error, main .note').all_inner_texts()}")

    def refused(self, part, bad):
        visitor, page = self.visitor, self.page
        errors = page.locator("main .error").all_inner_texts()
        if not errors:
            visitor.wrong(f"{part}: no problem stands beside a field: {page.locator('main .note').all_inner_texts()}")
        for text in errors:
            if not visitor.is_in_language(text):
                visitor.wrong(f"{part}: the problem is not in {visitor.language}: {text}")
        for name, value in bad.items():
            if page.input_value(f'{FORM} [name="{name}"]') != value:
                visitor.wrong(f"{part}: loses {name}")
        for fault in layout(page):
            visitor.wrong(f"{part}, wrong: {fault}")
        visitor.picture(f"wrong-{part.replace('/', '-')}-{visitor.language}")

    def try_out(self):
        visitor, page = self.visitor, self.page
        visitor.go(f"{self.base}/dry-run")
        page.fill("[name='lead.contact.email']", "no address")
        page.locator("main form button").last.click()
        page.wait_for_selector("main .error, main .note.bad")
        if page.input_value("[name='lead.contact.email']") != "no address":
            visitor.wrong("loses the address")
        page.fill("[name='lead.contact.email']", "new@example.com")
        page.locator("main form button").last.click()
        page.wait_for_selector("#result")
        for fault in layout(page):
            visitor.wrong(fault)

    def import_days(self):
        visitor, page = self.visitor, self.page
        for text, found in (("nonsense", ".note.bad"), (NEW_DAY, "#result")):
            visitor.go(f"{self.base}/import")
            page.fill("#text", text)
            page.locator("main form button").last.click()
            page.wait_for_selector(found)
