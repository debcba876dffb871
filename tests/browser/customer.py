"""The page of an invitation, as customers use it: in every language, on a phone and a desk, without JavaScript.

In each state of the page it checks the visible text and axe-core's rules, and takes a picture.
"""

import json

from playwright.sync_api import expect

from demo import LANGUAGES, NORDSTERN, ROOT, SIZES
from look import axe

# Each visit books another seller, so that all days are free.
SELLERS = ["anna.vogt", "ben.krause", "clara.henning", "david.roth", "elif.yilmaz", "felix.lang", "greta.sommer"]


def invite(run, name, user):
    """Makes a lead and invites its customer. Returns the link."""
    contact = {"last_name": name, "email": f"{name}@example.com"}
    vehicle = {"make": "Mercedes-Benz", "model": "GLC 220 d 4MATIC", "year": 2023}
    lead = {"source": "website", "type": "used_car", "contact": contact, "vehicle": vehicle}
    lead = run.call("ingo.brandt", "POST", f"/dealers/{NORDSTERN}/leads", lead)["id"]
    return run.call("ingo.brandt", "POST", f"/leads/{lead}/invitations", {"type": "booked_test_drive", "user": user})["link"]


class Customer:
    """A customer who uses the page in one language and size and checks it."""

    def __init__(self, drive, language, size):
        width, height = SIZES[size]
        self.name, self.drive, self.run = f"customer-{language}-{size}", drive, drive.run
        self.text = json.loads((ROOT / f"functions/calendar-event/src/pages/{language}.json").read_text())["page"]
        self.language, self.width = language, width
        self.context = drive.browser.new_context(
            viewport={"width": width, "height": height}, locale=language, java_script_enabled=False, has_touch=size == "phone"
        )
        self.page = self.context.new_page()
        # The page is driven with JavaScript off. axe-core needs JavaScript, so it checks a copy of the page.
        self.copy = drive.browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(5_000)
        self.page.on("request", lambda request: self.requested(request.url))
        self.page.on("console", lambda message: self.heard(message.text))

    def wrong(self, what):
        raise SystemExit(f"FAILED: {self.name}: {what}")

    def requested(self, url):
        if not url.startswith(self.run.url):
            self.wrong(f"asks elsewhere: {url}")

    def heard(self, text):
        # Responses that the journeys provoke.
        if "409 (Conflict)" not in text and "404 (Not Found)" not in text:
            self.wrong(f"the console says {text}")

    def look(self, state):
        """Checks what must hold in every state of the page."""
        page = self.page
        page.screenshot(path=self.drive.pictures / f"{self.name}-{state}.png", full_page=True)
        self.copy.set_content(page.content())
        if found := axe(self.copy):
            self.wrong(f"{state}: {found}")
        if page.evaluate("document.documentElement.scrollWidth") > self.width:
            self.wrong(f"{state}: is wider than the screen")
        if page.evaluate("document.documentElement.lang") != self.language:
            self.wrong(f"{state}: is not in {self.language}")
        # WCAG 2.2, 2.5.8: targets are at least 24 pixels wide and high.
        small = page.evaluate("""[...document.querySelectorAll('a:not(.skip), button, summary, .slot')]
            .map(e => [e.getBoundingClientRect(), e]).filter(([r]) => r.height > 0 && (r.height < 24 || r.width < 24)).map(([, e]) => e.outerHTML)""")
        if small:
            self.wrong(f"{state}: too small to hit: {small}")
        self.drive.say(f"{self.name}: {state}")

    def slot(self, day, n):
        return self.page.locator("fieldset").nth(day).locator("label.slot").nth(n)

    def pick(self, slot, action):
        shown = slot.inner_text()
        slot.click()
        self.page.get_by_role("button", name=self.text[action]).click()
        return shown

    def books_moves_and_cancels(self, user):
        page, text = self.page, self.text
        page.goto(invite(self.run, f"moves-{self.name}", user))
        expect(page.get_by_role("heading", name=text["pick"])).to_be_visible()
        self.look("1-free")
        shown = self.pick(self.slot(1, 2), "book")
        expect(page.get_by_role("heading", name=text["booked"])).to_be_visible()
        expect(page.locator(".when")).to_contain_text(f"{shown} {text['until']}")
        self.look("2-booked")
        page.get_by_text(text["move_head"], exact=True).click()
        self.look("3-moving")
        shown = self.pick(self.slot(2, 3), "move")
        expect(page.locator(".when")).to_contain_text(f"{shown} {text['until']}")
        page.get_by_text(text["cancel_head"], exact=True).click()
        self.look("4-cancelling")
        page.get_by_role("button", name=text["cancel"], exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(text["cancelled"])
        self.look("5-cancelled")

    def is_too_late(self, user):
        page, text = self.page, self.text
        mine, theirs = invite(self.run, f"late-{self.name}", user), invite(self.run, f"quick-{self.name}", user)
        page.goto(mine)
        wanted = self.slot(1, 4)
        begins = wanted.locator("input").get_attribute("value")
        self.run.call(None, "POST", theirs.removeprefix(self.run.url) + "/booking", {"from": begins})
        self.pick(wanted, "book")
        expect(page.get_by_role("alert")).to_have_text(text["taken"])
        expect(page.locator(f'input[value="{begins}"]')).to_have_count(0)
        self.look("6-too-late")
        shown = self.pick(self.slot(1, 2), "book")
        expect(page.locator(".when")).to_contain_text(f"{shown} {text['until']}")
        page.goto(mine[:-1] + ("A" if mine[-1] != "A" else "B"))
        expect(page.get_by_role("heading", name=text["gone_title"])).to_be_visible()
        self.look("7-gone")

    def by_keyboard(self, user):
        """Uses the page by keyboard only. The focused element is always visible."""
        page, text = self.page, self.text
        page.goto(invite(self.run, f"keys-{self.name}", user))

        def press(key, focus):
            page.keyboard.press(key)
            expect(page.locator(focus).and_(page.locator(":focus"))).to_be_in_viewport()

        press("Tab", "a.skip")
        page.screenshot(path=self.drive.pictures / f"{self.name}-8-skip.png")
        page.keyboard.press("Enter")
        press("Tab", "input[type=radio]")
        for _ in range(12):
            press("ArrowDown", "input[type=radio]:checked")
        bar = page.locator(".bar").bounding_box()
        label = page.locator("label.slot:has(input:checked)").bounding_box()
        if label["y"] + label["height"] > bar["y"]:
            self.wrong("the slot that has the focus is under the bar")
        page.screenshot(path=self.drive.pictures / f"{self.name}-9-keys.png")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=text["booked"])).to_be_visible()
        press("Tab", "main button")
        press("Tab", "a.button")
        press("Tab", "summary")
        press("Tab", "summary")
        page.keyboard.press("Enter")
        press("Tab", "button.danger")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text(text["cancelled"])
        self.drive.say(f"{self.name}: by keyboard")


def customers(drive):
    sellers = iter(SELLERS)
    for language in LANGUAGES:
        for size in SIZES:
            customer, user = Customer(drive, language, size), next(sellers)
            customer.books_moves_and_cancels(user)
            customer.is_too_late(user)
            if (language, size) == ("en", "phone"):
                customer.by_keyboard(user)
            customer.context.close()
            customer.copy.close()
