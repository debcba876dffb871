"""Sends every form with bad and with good input: as a page without a script, and as a dialog with it."""

import re
from urllib.parse import quote

from look import axe, layout
from visitor import Visitor

CONTROLS = """form => [...form.elements].filter(e => e.name && !['hidden', 'submit', 'button', 'fieldset'].includes(e.type)).map(e => ({
    name: e.name, id: e.id, type: e.type, value: e.value, checked: e.checked, required: e.required, longest: e.maxLength || 0,
    options: e.options ? [...e.options].map(option => option.value) : []}))"""
# Good values by the last part of a field's name; others follow from the type of the input.
VALUES = {
    "minutes": "30", "year": "2021", "expires_in_days": "14", "previous_good_for_hours": "24", "email": "neu@example.com",
    "country": "DE", "language": "de", "url": "https://dms.example/hook", "mobile": "+49 171 7654321", "postcode": "10115",
    "emails": "eins@example.com\nzwei@example.com", "currency": "EUR", "vin": "", "partner": "centre-demo",
    "notes": "Bitte\nzurückrufen", "note": "Rief zurück", "subject": "Ihre Anfrage", "clock": "10:30", "file": b"Bestellung",
}
TYPES = {
    "text": "Probe", "textarea": "Guten Tag,\nvielen Dank.", "email": "neu@example.com", "tel": "0171 7654321", "number": "3", "date": "2026-12-01",
    "datetime-local": "2026-12-01T10:00", "time": "10:00", "search": "Petersen",
}
# What differs in one form.
OF_FORM = {
    "status": {"status": "lost", "reason": "price", "complete_events": "all", "appointments": "keep"},
    "export_appointments": {"filter.maker": "", "filter.lead": ""},
    "leads_status": {"status.status": "lost", "status.reason": "price", "status.complete_events": "all", "status.appointments": "keep"},
    "appointment_attendance": {"attendance": "completed", "reason": ""},
    "availability_busy_until": {"until": "2026-11-23T20:00"},
    # Before level 2: a later deadline would only be requested.
    "first-contact-move": {"at": "2026-11-23T18:00"},
    "me_absence_days": {"from": "2027-02-01", "until": "2027-02-03"},
    "me_absence_hours": {"from": "2027-03-01T10:00", "until": "2027-03-01T12:00"},
    "group_redelivery": {"from": "2026-11-23T01:00", "until": ""},
    "group_new_webhook": {"partner": ""},
    "email": {"quote": "", "form": "", "canned": "", "purpose": "contract"},
    "sms": {"canned": "", "purpose": "service"},
    "answer": {"quote": "", "form": "", "canned": "", "purpose": "contract"},
    "settings_add_user": {"receives_leads": ""},
    "group_person": {"subject": ""},
    "privacy_consent": {"at": "2026-11-20T10:00"},
}
# Values that no field of the type takes, and those of a form that takes each alone.
WRONG = {"file": b"<script>alert(1)</script>", "email": "keine Adresse", "tel": "12", "number": "-1", "date": "0001-01-01"}

WRONG_OF_FORM = {
    "me_absence_days": {"from": "2027-02-03", "until": "2027-02-01"},
    "export_appointments": {"filter.created_from": "2027-02-03", "filter.created_until": "2027-02-01"},
    "export_leads": {"filter.received_from": "2027-02-03", "filter.received_until": "2027-02-01"},
    "document": {"file": b"<script>alert(1)</script>"},
    **{form: {"text": "Guten Tag,\n{{ wagen }}"} for form in ("text_email", "text_sms", "text_canned")},
}


class Forms:
    """The forms that a crawl found, in one language; with the script or without it."""

    def __init__(self, drive, language, size, script):
        self.drive, self.language, self.size, self.script = drive, language, size, script
        self.seeds, self.run = drive.seeds, drive.run

    def send_all(self, links):
        """Sends the forms, in an order in which those that end something come last."""
        ends = lambda kind: bool(re.search(r"remov|delete|revoke|cancel|off$", kind))
        for user in dict.fromkeys(link.user for link in links.values()):
            with Visitor(self.drive, user, self.language, self.size, self.script) as visitor:
                for kind in sorted((kind for kind in links if links[kind].user == user), key=lambda kind: (ends(kind), kind)):
                    try:
                        self.send(visitor, kind, links[kind])
                    except Exception as failure:
                        visitor.wrong(f"cannot be sent: {str(failure)[:600]}", links[kind].path)

    def send(self, visitor, kind, link):
        """Sends one form: empty, with wrong values, with good values."""
        page = visitor.page
        self.open(visitor, *self.fresh(kind, link), link.in_dialog)
        name = self.name(page)
        self.drive.forms.discard(name)
        may_be_empty = lambda control: control["type"] not in ("select-one", "checkbox", "file") or "" in control["options"]
        controls = page.eval_on_selector(self.form, CONTROLS)
        if any(control["required"] and may_be_empty(control) for control in controls):
            self.refuse(visitor, f"{name}, empty", controls, {control["name"]: "" for control in controls if may_be_empty(control)})
            controls = page.eval_on_selector(self.form, CONTROLS)
        too_long = lambda control: "x" * (control["longest"] + 1) if control["longest"] > 0 else None
        wrong = {control["name"]: bad for control in controls if (bad := WRONG.get(control["type"], too_long(control)))}
        if wrong := WRONG_OF_FORM.get(name, wrong):
            self.refuse(visitor, f"{name}, wrong", controls, wrong)
            controls = page.eval_on_selector(self.form, CONTROLS)
        self.accept(visitor, name, controls)

    def name(self, page):
        """Returns the name of the form that is shown."""
        return page.get_attribute(self.form, "data-form") or "document"

    def open(self, visitor, path, parent, in_dialog):
        """Opens the form: by its link on the page on which it stands, or by its address."""
        page = visitor.page
        self.dialog = self.script and in_dialog
        self.form = f"{'dialog' if self.dialog else 'main'} form:is([data-form], [data-upload])"
        if not self.dialog:
            visitor.go(path)
            return
        visitor.go(parent)
        # Links in a menu that is closed are followed as well.
        page.locator(f"a[data-dialog][href^='{path.split('?')[0]}']").first.evaluate("link => link.click()")
        page.wait_for_selector(self.form)

    def press(self, visitor, button=None):
        """Sends the form by a button, if not otherwise stated that of the form, and waits for the response."""
        page = visitor.page
        button = page.locator(button or f"{self.form} button:not(.plain):not(.hidden)").last
        # The response to the form, or that of the page to which it leads.
        is_last = lambda response: response.request.redirected_from or (response.request.method == "POST" and response.status != 303)
        with page.expect_response(is_last) as waited:
            button.click()
        answer = waited.value
        if self.dialog:
            page.wait_for_function("!document.querySelector('form[data-sent]')")
        else:
            page.wait_for_load_state()
        return answer.status

    def fill(self, visitor, controls, values):
        page = visitor.page
        for control in controls:
            if control["name"] not in values:
                continue
            value, box = values[control["name"]], page.locator(f'{self.form} [name="{control["name"]}"]')
            if control["type"] == "select-one":
                box.select_option(value) if value in control["options"] else None
            elif control["type"] == "checkbox":
                box.first.set_checked(bool(value))
            elif control["type"] == "file":
                box.set_input_files({"name": "bestellung.txt", "mimeType": "text/plain", "buffer": value})
            else:
                # The bound of the browser is taken away: a browser may not have it.
                box.evaluate("box => box.removeAttribute('maxlength')")
                box.fill(value)

    def refuse(self, visitor, name, controls, values):
        """Sends bad values: the problems stand beside the fields in the reader's language, and what was typed is still there."""
        page = visitor.page
        self.fill(visitor, controls, values)
        before = page.eval_on_selector(self.form, CONTROLS)
        status = self.press(visitor)
        page.wait_for_selector(".error, .note.bad:not([hidden]), .note[role=status]")
        # The upload is sent in steps, and its problems stand above it.
        is_upload = name.startswith("document,")
        if status != 422 and not is_upload:
            return visitor.wrong(f"{name}: answers {status}")
        after = page.eval_on_selector(self.form, CONTROLS)
        typed = lambda control: control["checked"] and control["value"] if control["type"] == "checkbox" else control["value"]
        kept = lambda controls: {(control["name"], typed(control)) for control in controls if control["type"] != "file"}
        if lost := {pair for pair in kept(before) - kept(after) if pair[1]}:
            visitor.wrong(f"{name}: loses {str(lost)[:200]}")
        errors = page.locator(f"{self.form} .error").all_inner_texts()
        general = page.locator(".note.bad p").all_inner_texts()
        if not errors and not (general and is_upload):
            visitor.wrong(f"{name}: no problem stands beside a field; above: {general}")
        for text in errors + general:
            if not visitor.is_in_language(text):
                visitor.wrong(f"{name}: the problem is not in {self.language}: {text[:200]}")
        for bad in page.query_selector_all(f"{self.form} [aria-invalid]"):
            if not page.query_selector(f'[id="{(bad.get_attribute("aria-describedby") or "none").split()[0]}"]'):
                visitor.wrong(f"{name}: the problem does not belong to its input")
        for fault in layout(page) + (axe(page) if self.script else []):
            visitor.wrong(f"{name}: {fault}")
        visitor.picture(f"form-{name.replace(', ', '-')}-{self.language}-{self.size}")

    def accept(self, visitor, name, controls):
        """Sends good values: the page says that it was done."""
        page = visitor.page
        values = {}
        for control in controls:
            # Of boxes with the same name, the first one is ticked.
            values.setdefault(control["name"], self.good(name, control))
        self.fill(visitor, controls, values)
        self.press(visitor)
        # The demo has other bookings at this time: the reader books despite the warnings.
        anyway = f"{self.form} button[name$=despite]"
        if page.query_selector(anyway):
            self.press(visitor, anyway)
        # The script shows the page again after the response.
        page.wait_for_selector("main .note[role=status], .secret, .error, .note.bad:not([hidden])")
        done = visitor.words["done"][name] in page.locator("main .note[role=status]").all_inner_texts()
        if not done and not page.query_selector(".secret"):
            problems = page.locator(".error, .note.bad").all_inner_texts()
            visitor.wrong(f"{name}: is not done: {problems} with {str(values)[:300]}")

    def good(self, name, control):
        """Returns a good value of a field."""
        field, kind = control["name"], control["type"]
        last = field.split(".")[-1]
        if field in OF_FORM.get(name, {}):
            return OF_FORM[name][field]
        if field.startswith("lines."):
            return ""
        if kind == "select-one":
            return control["value"] or next((option for option in control["options"] if option), "")
        if last == "user":
            return f"neu.{self.language}.{self.size}"
        return "1234" if last == "amount" else VALUES.get(last, TYPES.get(kind, "on"))

    def fresh(self, kind, link):
        """Returns the address of the form and of its page, for things that no other form has changed."""
        path = link.path.split("?")[0]
        known, values = self.drive.addresses.match(path)
        swap, form = {}, values.get("form", "")
        if known.startswith("/desk/leads/{id}/"):
            lead = self.seeds.lead(owner=None if form == "claim" else "anna.vogt")
            swap[values["id"]] = lead
            part, item = values.get("part"), values.get("item")
            if "stop" in values:
                swap[values["stop"]] = self.seeds.stop(lead)
            elif form == "answer":
                swap[item] = self.seeds.answer(lead)
            elif form == "resend":
                swap[values["id"]], swap[item] = self.seeds.bounced(works=True)
            elif part and item != "first-contact":
                made = self.seeds.document(lead) if part == "documents" else self.seeds.fill(lead)[part]
                swap[item] = made
                if form == "task-reopen":
                    self.run.call("gina.group", "POST", f"/leads/{lead}/tasks/{made}/completion", {})
        elif known.startswith("/desk/appointments/{id}"):
            swap[values["id"]] = self.seeds.appointment("2026-11-23T12:00" if form == "attendance" else "2026-11-24T11:00")
        elif known.startswith("/desk/group/people/{user}"):
            swap[values["user"]] = self.seeds.person(member=form == "remove")
        elif known.endswith("/settings/add-user"):
            self.seeds.person()
        elif "/settings/users/{user}/" in known:
            swap[values["user"]] = person = self.seeds.person(member=True)
            if "place" in values:
                self.seeds.absence(person)
        elif "/texts/own/{text}" in known:
            # A canned answer has a form of its own.
            swap[values["text"]] = self.seeds.text("canned" if self.language == "en" else "confirmation")
        elif "/views/{view}" in known:
            swap[values["view"]] = self.seeds.view(link.user)
        elif "/webhooks/{webhook}/{form}" in known:
            swap[values["webhook"]] = self.seeds.webhook(form == "on")
        elif "/privacy/access-files/{access_file}" in known:
            swap[values["access_file"]] = self.seeds.order("/access-files", self.seeds.lead())
        elif "/privacy/holds/{hold}" in known:
            swap[values["hold"]] = self.seeds.order("/legal-holds", self.seeds.lead(), reason="other")
        elif "/calendar/{feed}" in known:
            swap[values["feed"]] = self.seeds.feed(link.user)
        elif "/calendar/plan/{lead}" in known:
            swap[values["lead"]] = self.seeds.lead()
        # The page of a lead with a hold does not have the new one.
        texts = [link.path, "/desk/group/privacy/holds" if "hold" in values else link.parent]
        if "id" in values and values["id"] in swap and values["id"] not in link.parent:
            # A list need not show the new lead: its own page, or that of the thing, has the form too.
            texts[1] = path.rsplit("/", 1)[0]
        for old, new in swap.items():
            # The written and the quoted form in one pass: the new value may begin with the old one.
            either = "|".join(re.escape(form) for form in dict.fromkeys([old, quote(old, safe="")]))
            replaced = lambda found: new if found[0] == old else quote(new, safe="")
            texts = [re.sub(rf"(?<![\w.])({either})(?![\w.])", replaced, text) for text in texts]
        return texts
