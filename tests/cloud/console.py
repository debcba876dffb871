"""The console: the sign-in, a page, a form, and the sign-out, as a browser does them."""

import gzip
import html
import http.client
import re
import urllib.parse

from emulator import PORT, call, client, expect
from provider import CLIENT, CONSOLE, GRANTS, ISSUER, ISSUER_PORT

OWN = {"origin": CONSOLE, "sec-fetch-site": "same-origin"}


class Answer:
    """The answer to a request of a browser."""

    def __init__(self, response):
        self.status, body = response.status, response.read()
        self.cookies = [value for name, value in response.getheaders() if name.lower() == "set-cookie"]
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.to = self.headers.get("location")
        # Templates write `/` as a reference.
        self.text = html.unescape((gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body).decode())

    def field(self, name):
        """Returns the value of a hidden field."""
        found = re.search(f'name="{name}" value="([^"]*)"', self.text)
        return found and found.group(1)


class Browser:
    """A browser with the address of the emulator in place of the console's. It keeps cookies."""

    def __init__(self, host):
        self.host, self.jar = host, {}

    def request(self, method, address, fields=None, **headers):
        own = not address.startswith(ISSUER)
        connection = http.client.HTTPConnection("127.0.0.1", PORT if own else ISSUER_PORT, timeout=60)
        if own:
            headers |= {"host": self.host, "accept-language": "en", "accept-encoding": "gzip"}
            headers |= {"cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())} if self.jar else {}
        if fields is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode(fields) if fields is not None else None
        connection.request(method, address.removeprefix(CONSOLE if own else ISSUER), body, headers)
        answer = Answer(connection.getresponse())
        connection.close()
        for cookie in answer.cookies:
            name, value = cookie.split(";")[0].split("=", 1)
            self.jar[name] = value
            if "Max-Age=0" in cookie:
                del self.jar[name]
        return answer

    def get(self, address):
        return self.request("GET", address)

    def send(self, address, fields, headers=OWN):
        return self.request("POST", address, fields, **headers)

    def sign_in(self, user, page):
        """Signs in on the way to `page`. Returns the answers of the console and of the provider, in their order, up to the redirect to the page."""
        answers = [self.get(page)]
        answers.append(self.get(answers[-1].to))
        answers.append(self.get(f"{answers[-1].to}&user={user}"))
        answers.append(self.get(answers[-1].to))
        return answers


def bound(answer, name):
    """Whether the answer sets this cookie, and its cookies are sent by the browser alone, only to this host, by https, and not with a post of another
    site."""
    parts = [cookie.split("; ") for cookie in answer.cookies]
    safe = all({"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(flags) and "Domain" not in str(flags) for _, *flags in parts)
    return safe and any(pair.startswith(f"{name}=") for pair, *_ in parts)


def sessions(table):
    """Returns the sessions in the table."""
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith("SESSION#")]


def console(resources, host, lead, admin):
    """Opens the page of a lead after the sign-in, adds a comment by a form, is refused as another site, and signs out everywhere."""
    page, form, comments = f"/desk/leads/{lead}", f"/desk/leads/{lead}/comment", f"/leads/{lead}/comments"
    texts = lambda: [one["text"] for one in call(host, "GET", comments, bearer=admin)[1]["elements"]]
    browser, other = Browser(host), Browser(host)
    first = browser.get("/")
    expect("the console's address", (first.status, first.to), (303, "/desk"))
    asked = browser.get("/desk")
    expect("the console without a session", (asked.status, asked.to), (303, "/desk/sign-in"))
    asked, begun, provider, done = browser.sign_in("ingo.brandt", page)
    expect("a page without a session", (asked.status, asked.to), (303, f"/desk/sign-in?to={urllib.parse.quote(page, safe='')}"))
    expect("the sign-in", (begun.status, begun.to.split("?")[0], bound(begun, "__Host-desk-sign-in")), (303, f"{ISSUER}/authorize", True))
    expect("the provider", (provider.status, provider.to.split("?")[0]), (302, f"{CONSOLE}/desk/sign-in/callback"))
    expect("signed in", (done.status, done.to, bound(done, "__Host-desk")), (303, page, True))
    refused = other.get(provider.to)
    expect("the provider's answer in another browser", (refused.status, refused.cookies), (400, []))

    shown = browser.get(done.to)
    number = call(host, "GET", f"/leads/{lead}", bearer=admin)[1]["number"]
    expect("the lead's page", (shown.status, str(number) in shown.text, shown.headers["cache-control"]), (200, True, "no-store"))
    expect("the token is renewed", GRANTS, ["authorization_code", "refresh_token"])
    files = f"https://{resources['Bucket']}.s3.us-east-1.amazonaws.com"
    expect("it may upload documents to the bucket", f"connect-src 'self' {files};" in shown.headers["content-security-policy"], True)
    cors = client("s3").get_bucket_cors(Bucket=resources["Bucket"])["CORSRules"]
    methods = [rule["AllowedMethods"] for rule in cors if CONSOLE in rule["AllowedOrigins"]]
    expect("and the bucket lets it", methods, [["PUT"]])
    style = browser.get(re.search(r'"(/desk/assets/[^"]+\.css)"', shown.text).group(1))
    expect("its style", (style.status, style.headers["content-type"].split(";")[0]), (200, "text/css"))

    before = texts()
    key = browser.get(form).field("key")
    expect("a form has a key", bool(key), True)
    fields = {"text": "Prefers to be called in the evening", "key": key, "back": page}
    for site in [{}, {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, {**OWN, "sec-fetch-site": "same-site"}]:
        expect("a post of another site", browser.send(form, fields, site).status, 403)
    expect("changes nothing", texts(), before)
    sent = browser.send(form, fields)
    expect("the form", (sent.status, sent.to), (303, f"{page}?done=comment"))
    expect("the form again", browser.send(form, fields).status, 303)
    expect("one comment", sorted(texts()), sorted([*before, fields["text"]]))

    expect("signed in in another browser", other.sign_in("ingo.brandt", page)[-1].to, page)
    expect("its page", other.get(page).status, 200)
    stored = sessions(resources["Table"])
    expect("the sessions have an end, and no readable token", (len(stored), all("ttl" in item and "eyJ" not in str(item) for item in stored)), (2, True))
    copied = dict(browser.jar)
    out = browser.send("/desk/sign-out", {"everywhere": "1"})
    back = urllib.parse.urlencode({"client_id": CLIENT, "post_logout_redirect_uri": f"{CONSOLE}/desk/signed-out"})
    expect("signed out everywhere", (out.status, out.to, "__Host-desk" in browser.jar), (303, f"{ISSUER}/sign-out?{back}", False))
    expect("at its end", browser.get("/desk/signed-out").status, 200)
    expect("the other browser", (other.get(page).status, sessions(resources["Table"])), (303, []))
    browser.jar = copied
    expect("the old cookie", browser.get(page).status, 303)
