"""A person of the demo who uses the console in a browser, in one language."""

import re

from demo import SIZES, details, leaves, texts
from look import axe, layout


class Visitor:
    """A signed-in browser of a person. It collects what is wrong."""

    def __init__(self, drive, user, language, size="desk", script=True):
        self.drive, self.run, self.user, self.language, self.size = drive, drive.run, user, language, size
        width, height = SIZES[size]
        self.words, self.script = texts(language), script
        # What may stand as a problem: the texts of problems, with any value in place of the names in them.
        problems = leaves(self.words["error"]) + details(language)
        self.problems = [re.compile("^" + re.sub(r"\\{\w+\\}", ".*", re.escape(text)) + "$") for text in problems]
        self.context = drive.browser.new_context(
            viewport={"width": width, "height": height}, locale=language, java_script_enabled=script, has_touch=size == "phone",
        )
        self.context.set_default_timeout(8_000)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.failed(str(error)))
        self.page.on("console", lambda message: self.heard(message.text))
        self.page.on("response", self.answered)
        self.page.goto(self.run.url + "/")
        self.page.click(f'button[value="{user}"]')
        self.page.wait_for_selector("main h1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def path(self):
        return self.page.url.removeprefix(self.run.url)

    def wrong(self, what, where=None):
        self.drive.wrong(f"{self.user}, {self.language}, {self.size}: {where or self.path()}: {what}")

    def failed(self, error):
        # The browser gives up its animation from page to page where scripts are off.
        if "ViewTransition" not in error:
            self.wrong(f"the script fails: {error}")

    def heard(self, text):
        # Browsers report each response that is not a success: the drive judges those itself.
        if "Failed to load resource" not in text:
            self.wrong(f"the console says {text}")

    def answered(self, response):
        request = response.request
        if not response.url.startswith(self.run.url):
            self.wrong(f"asks elsewhere: {response.url}")
        path = response.url.removeprefix(self.run.url).split("?")[0]
        if response.status < 400 or response.status == 422:
            self.drive.addresses.reached(request.method, path)
        elif response.status >= 500:
            self.wrong(f"{request.method} {path} answers {response.status}")

    def t(self, key, **values):
        """Returns a text of the console."""
        text = self.words
        for part in key.split("."):
            text = text[part]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def is_in_language(self, problem):
        """Whether a problem is in the person's language. A problem of no field begins with the name of the API's field."""
        own = problem.replace(self.t("form.error"), "").strip()
        return any(known.match(text) for known in self.problems for text in (own, own.split(": ", 1)[-1]))

    def go(self, path):
        """Opens a page. Returns its status."""
        return self.page.goto(self.run.url + path).status

    def look(self, name, looks):
        """Checks the page in each size and colour of `looks`, and takes a picture of each."""
        page = self.page
        last = None
        for size, scheme in looks:
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            faults = layout(page)
            if scheme != last:
                faults += axe(page, last and ["color-contrast"])
            for fault in faults:
                self.wrong(fault, f"{self.path()} ({size}, {scheme})")
            self.picture(f"{name}-{self.language}-{size}-{scheme}")
            last = scheme
        if page.evaluate("document.documentElement.lang") != self.language:
            self.wrong(f"is not in {self.language}")

    def picture(self, name):
        """Takes a picture of the whole page, or of the screen if a dialog is open."""
        whole = self.page.query_selector("dialog[open]") is None
        self.page.screenshot(path=self.drive.pictures / f"{name}.jpg", full_page=whole, type="jpeg", quality=70)
