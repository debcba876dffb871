"""The two pictures of README.md: a seller's day and the page of a lead, at a desk."""

from demo import LAKESIDE, ROOT
from visitor import Visitor

FOLDER = ROOT / "docs/pictures"
SELLER = "alice.moore"
# First name, last name, vehicle, source.
ENQUIRIES = [
    ("Jordan", "Reyes", "Ford", "Explorer", 2023, "website"), ("Priya", "Natarajan", "Toyota", "RAV4 Hybrid", 2024, "cars.example"),
    ("Walter", "Kowalski", "Chevrolet", "Silverado 1500", 2022, "phone"), ("Megan", "O'Brien", "Honda", "CR-V", 2023, "website"),
    ("Tom", "Lindgren", "Subaru", "Outback", 2021, "cars.example"), ("Aisha", "Coleman", "Tesla", "Model Y", 2024, "website"),
]
NOTE = "Hello, is the car still available? I would like to see it on Saturday and trade in my Civic."


def pictures_of_readme(drive):
    run = drive.run
    call = lambda path, body: run.call("gina.group", "POST", path, body)
    leads = []
    for number, (first, last, make, model, year, source) in enumerate(ENQUIRIES):
        contact = {"first_name": first, "last_name": last, "email": f"{first.lower()}@example.com", "phone": f"312 555 01{number:02}"}
        vehicle = {"condition": "used", "make": make, "model": model, "year": year}
        enquiry = {"source": source, "type": "used_car", "contact": contact, "vehicle": vehicle, "message": NOTE}
        lead = call(f"/dealers/{LAKESIDE}/leads", enquiry)["id"]
        run.change("gina.group", f"/leads/{lead}", lambda _: {"user": SELLER}, "POST", "/assignment")
        leads.append((lead, vehicle))
    # The leads came in the night; the dealer has been open for some minutes.
    run.call(None, "POST", "/_local/clock", {"now": "2026-11-23T15:25:00Z"})
    (lead, vehicle), *others = leads
    call(f"/leads/{lead}/reactions", {"kind": "call_reached", "note": "Wants to come on Saturday"})
    price = {"amount": 3899000, "currency": "USD"}
    call(f"/leads/{lead}/quotes", {"vehicle": vehicle, "price": price, "lines": [{"text": "Vehicle", "amount": 3899000}]})
    call(f"/leads/{lead}/trade-ins", {"vehicle": {"make": "Honda", "model": "Civic", "year": 2017}, "asked": {"amount": 950000, "currency": "USD"}})
    call(f"/leads/{lead}/comments", {"text": "Needs a tow bar. Ask the workshop for the price."})
    call(f"/leads/{lead}/events", {"title": "Test drive", "type": "booked_test_drive", "at": "2026-11-28T17:00:00Z"})
    call(f"/leads/{lead}/tasks", {"title": "Photograph the trade-in", "start": "2026-11-23T20:00:00Z", "minutes": 30})
    # One call is overdue, one visit is today, one is later; the others wait for their first answer.
    plans = [("Call back", "phone_outbound", "23T15:15"), ("Show the car", "visit_inbound", "23T19:00"), ("Delivery", "delivery", "27T18:00")]
    for (other, _), (title, kind, at) in zip(others, plans):
        call(f"/leads/{other}/reactions", {"kind": "reply"})
        call(f"/leads/{other}/events", {"title": title, "type": kind, "at": f"2026-11-{at}:00Z", "user": SELLER})
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Visitor(drive, SELLER, "en") as visitor:
        visitor.page.emulate_media(color_scheme="light")
        # The tour of the demo is not a part of the page.
        visitor.page.click(".tour button")
        for name, path in (("today", f"/desk/d/{LAKESIDE}/today"), ("lead", f"/desk/leads/{lead}")):
            visitor.go(path)
            visitor.page.wait_for_load_state("networkidle")
            file = FOLDER / f"{name}.png"
            visitor.page.screenshot(path=file)
            if file.stat().st_size > 200_000:
                drive.wrong(f"{file} has {file.stat().st_size} bytes")
