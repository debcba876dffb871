"""The local run of the demo, used by its API with the rights of staff; and the texts and addresses of the console, read from its sources."""

import json
import re
import subprocess
import threading
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "functions/console/src"
NORDSTERN, LAKESIDE = "autohaus-nordstern-demo", "lakeside-motors-demo"
LANGUAGES = ("en", "de", "nl")
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


class Run:
    """A process of the local run, with a folder of its own. Its log says which requests a page needed."""

    def __init__(self, binary, folder):
        command = [binary, "--port", "0", "--data", f"{folder}/data"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group()
        self.log, self.tokens = [], {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        self.log.extend(self.process.stdout)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def send(self, user, method, path, body=None, **headers):
        """Sends a request. Returns the response with its body as JSON; raises `urllib.error.HTTPError` if it is refused."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        if user:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        if method == "POST" and user:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
                return answer, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            raise SystemExit(f"FAILED: {method} {path}: {refused.code} {refused.read().decode()}") from None

    def call(self, user, method, path, body=None, **headers):
        """Sends a request and returns the body of the response."""
        return self.send(user, method, path, body, **headers)[1]

    def change(self, user, path, change, method="PUT", action=""):
        """Changes what GET returns, on its version. `change` makes the body from it; `action` follows the path."""
        answer, read = self.send(user, "GET", path)
        return self.call(user, method, path + action, change(read), **{"If-Match": answer.headers["ETag"]})

    def token(self, user):
        if user not in self.tokens:
            self.tokens[user] = self.call(None, "POST", "/_local/token", {"user": user})["token"]
        return self.tokens[user]

    def language(self, user, language):
        """Sets the language of a person, as an administrator of the group does."""
        kept = ("name", "email", "mobile", "role", "rights", "dealers", "notices")
        self.change("gina.group", f"/users/{user}", lambda read: {**{name: read[name] for name in kept}, "language": language})


def texts(language):
    """Returns the texts of the console in a language, as nested dictionaries."""
    merged = {}

    def merge(into, part):
        for key, value in part.items():
            merge(into.setdefault(key, {}), value) if isinstance(value, dict) else into.__setitem__(key, value)

    for file in sorted(CONSOLE.glob(f"**/{language}.json")):
        merge(merged, json.loads(file.read_text()))
    return merged


def leaves(part):
    """Returns all texts of a part of the texts."""
    return [text for value in part.values() for text in (leaves(value) if isinstance(value, dict) else [value])]


def details(language):
    """Returns the explanations of the API in a language."""
    return [row[LANGUAGES.index(language)] for row in json.loads((CONSOLE / "view/texts/details.json").read_text())]


def addresses():
    """Returns method and address of every screen."""
    found = [pair for file in sorted(CONSOLE.glob("screens/**/*.rs")) for pair in
             re.findall(r'Screen \{\s*method: "(\w+)",\s*path: "([^"]+)"', file.read_text())]
    if len(found) < 80:
        raise SystemExit(f"FAILED: only {len(found)} addresses were read from the sources of the screens")
    return found


class Addresses:
    """The addresses of the screens, and which of them were reached."""

    def __init__(self):
        self.left = set(addresses())
        literal = lambda path: -sum(not part.startswith("{") for part in path.split("/"))
        self.all = [(re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"), path)
                    for path in sorted({path for _, path in self.left}, key=literal)]

    def match(self, path):
        """Returns the address that a path belongs to, with the values in it; the one with the most fixed parts."""
        return next(((known, found.groupdict()) for pattern, known in self.all if (found := pattern.match(path))), (None, {}))

    def reached(self, method, path):
        self.left.discard((method, self.match(path)[0]))

    def kind(self, path, query=""):
        """Returns the kind of a page: its address with the names of its forms and parts, and with the tab, view or medium that it shows."""
        known, values = self.match(path)
        if known is None:
            return path
        for name in ("form", "part", "what"):
            known = known.replace(f"{{{name}}}", values.get(name, ""))
        return known + "".join(f"?{pair}" for pair in query.split("&") if re.match("(tab|view|status|medium)=", pair))
