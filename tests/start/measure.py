"""Measures the size of functions and how fast they start.

Usage: measure.py [--size-only | --record] FOLDER FUNCTION...: the folder of the release binaries, and the names of functions. Acts as the runtime API of Lambda: starts each
function, waits for its first poll, reads its resident memory, and ends it. Prints the zipped size, the time from exec to the first poll (median of 21
starts) and the resident memory. Fails if one of them is above its limit; ceilings.toml has the limit of each function's size. `--size-only` limits the
size alone: start times mean nothing while other work keeps the machine busy. `--record` starts nothing, and prints a ceiling for each function without one.
"""

import http.server
import io
import math
import os
import statistics
import subprocess
import sys
import threading
import time
import tomllib
import zipfile
from pathlib import Path

MOST_START, MOST_RESIDENT = 0.015, 16_000_000
# A new ceiling is the size plus 2 %, in full kilobytes.
MARGIN, KILOBYTE = 1.02, 1_000
STARTS = 21
polled = threading.Event()
when = 0.0


class Runtime(http.server.BaseHTTPRequestHandler):
    """Never answers a poll: a function that asks for its first event has started."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global when
        when = time.perf_counter()
        polled.set()
        ended.wait()

    def log_message(self, *_):
        pass


def start(binary, environment):
    """Returns the seconds from exec to the first poll, and the resident bytes at that time."""
    polled.clear()
    began = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        if not polled.wait(10):
            process.kill()
            sys.exit(f"FAILED: {binary.name} never asked for an event: {process.stderr.read().decode()}")
        resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return when - began, resident
    finally:
        process.kill()
        process.wait()


def zipped(binary):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.write(binary, "bootstrap")
    return len(packed.getvalue())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
server.daemon_threads = True
ended = threading.Event()
threading.Thread(target=server.serve_forever, daemon=True).start()
settings = {
    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "measured", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_STREAM_NAME": "s", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "TABLE": "forecourt", "BUCKET": "forecourt", "CHANNEL_SECRET": "sixteen bytes or more",
    "MAIL_FROM": "desk@forecourt.example", "PUBLIC_URL": "https://desk.example", "SCHEDULE_GROUP": "forecourt", "SCHEDULE_ROLE": "role",
}
settings |= {"PARTNER_QUEUE_URL": "http://queue", "DEAD_LETTERS_URL": "http://queue"}
settings |= {"MAIL_SERVER_SECRETS": "forecourt/mail-servers/"}
settings |= {"API_URL": "http://api", "CONSOLE_URL": "https://console.example", "ISSUER": "http://issuer", "SIGN_IN_CLIENT": "console"}
for kind in ["ASSIGN", "ESCALATE", "SEND", "NOTIFY", "EXPORT"]:
    settings |= {f"{kind}_QUEUE_URL": "http://queue"}
broken = []
size_only, record = "--size-only" in sys.argv, "--record" in sys.argv
folder, *names = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
ceilings = tomllib.loads((Path(__file__).parent / "ceilings.toml").read_text())
if record:
    for name in names:
        if name not in ceilings:
            print(f"{name} = {math.ceil(zipped(Path(folder) / name) * MARGIN / KILOBYTE) * KILOBYTE:_}")
    sys.exit()
print(f"{'function':<21}{'zipped':>12}{'first poll, median (worst)':>30}{'resident':>14}")
for name in names:
    binary = Path(folder) / name
    size = zipped(binary)
    starts = [start(binary, settings) for _ in range(STARTS)]
    median, worst = statistics.median(s for s, _ in starts), max(s for s, _ in starts)
    resident = statistics.median(r for _, r in starts)
    print(f"{name:<21}{size / 1e6:>9.2f} MB{median * 1e3:>19.1f} ms ({worst * 1e3:.1f}){resident / 1e6:>11.1f} MB")
    if name not in ceilings:
        broken.append(f"{name} has no ceiling; tests/start/run --record prints one")
    limits = [("zipped size", size, ceilings.get(name, size))]
    if not size_only:
        limits += [("start", median, MOST_START), ("memory", resident, MOST_RESIDENT)]
    broken += [f"{name}: {what} {is_} is more than {most}" for what, is_, most in limits if is_ > most]
if broken:
    sys.exit("FAILED: " + "; ".join(broken))
