"""Follows every link of the console, as five people with different rights, and looks at one page of each kind."""

import re
from urllib.parse import urlsplit

from visitor import Visitor

PEOPLE = ("anna.vogt", "ingo.brandt", "gina.group", "hugo.office", "chris.center")
# Each page is looked at in both sizes in each language, and in all four of sizes and colours altogether.
LOOKS = {"en": [("desk", "light"), ("phone", "dark")], "de": [("phone", "light"), ("desk", "light")], "nl": [("desk", "dark"), ("phone", "dark")]}
# Pages that no link leads to.
UNLINKED = {"/desk/nowhere": 404, "/desk/leads/0000000000": 404, "/desk/signed-out": 200}
FORM = "main form:is([data-form], [data-upload])"
LINKS = """[...document.querySelectorAll('a[href]')].map(a => [a.href, a.hasAttribute('data-dialog')])"""


class Link:
    """A link to a form: its address, the page on which it stands, and whether the script shows the form as a dialog."""

    def __init__(self, user, path, parent, in_dialog):
        self.user, self.path, self.parent, self.in_dialog = user, path, parent, in_dialog


class Crawl:
    """The visit of all pages in a language."""

    def __init__(self, drive, language):
        self.drive, self.language = drive, language
        self.seen, self.forms = set(), {}

    def everybody(self):
        """Looks at every page. Returns the links to pages with a form, by their kind."""
        for user in PEOPLE:
            self.drive.run.language(user, self.language)
            with Visitor(self.drive, user, self.language) as visitor:
                starts = [visitor.path(), *self.drive.starts.get(user, []), *(UNLINKED if user == PEOPLE[0] else [])]
                self.follow(visitor, starts)
        self.drive.say(f"{self.language}: {len(self.seen)} kinds of pages, {len(self.forms)} forms")
        return self.forms

    def kind(self, path):
        parts = urlsplit(path)
        return self.drive.addresses.kind(parts.path, parts.query)

    def follow(self, visitor, starts):
        """Looks at the pages at which a person begins, and at those of new kinds that they lead to."""
        waiting, tried = [(path, "", False) for path in starts], set()
        for place, (path, parent, in_dialog) in enumerate(waiting):
            asked, begins = self.kind(path), place < len(starts)
            if not begins and (asked in self.seen or asked in tried) or urlsplit(path).path.endswith("/download"):
                continue
            status, page = visitor.go(path), visitor.page
            # A page may lead to another one, and to the identity provider, which is not looked at.
            kind = self.kind(visitor.path())
            if not kind.startswith("/desk"):
                continue
            if status != UNLINKED.get(path, 200):
                visitor.wrong(f"answers {status}; linked from {parent}", path)
                continue
            if kind not in self.seen or place == 0:
                name = re.sub(r"\W+", "-", kind.removeprefix("/desk/").replace("d/{dealer}/", ""))
                visitor.look(f"{visitor.user.split('.')[0]}-{name}" if place == 0 else name, LOOKS[self.language])
            self.seen.add(kind)
            tried |= {asked, kind}
            if page.query_selector(FORM):
                self.forms.setdefault(kind, Link(visitor.user, visitor.path(), parent, in_dialog))
            for href, is_dialog in page.evaluate(LINKS):
                if href.startswith(visitor.run.url + "/desk"):
                    waiting.append((href.removeprefix(visitor.run.url).split("#")[0], visitor.path(), is_dialog))
