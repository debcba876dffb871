"""The identity provider of the drive: a key pair, tokens, and the sign-in of the console by OpenID Connect."""

import base64
import hashlib
import http.server
import json
import secrets
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER_PORT = 4598
ISSUER = f"http://127.0.0.1:{ISSUER_PORT}"
# The console as a client: its id, its address, and the address to which the browser returns.
CLIENT, CONSOLE = "desk-client", "https://console.example"
CALLBACK = f"{CONSOLE}/desk/sign-in/callback"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
JWK = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "test", "use": "sig", "alg": "RS256"}
# What each code was issued for, the user of each refresh token, and the kinds of the tokens' requests.
CODES, REFRESH, GRANTS = {}, {}, []


def token(key=KEY, **claims):
    now = int(time.time())
    # A partner's token is one that its client got for itself.
    client_id = claims.get("partner")
    claims = {"iss": ISSUER, "aud": "forecourt", "iat": now, "exp": now + 3600, "scope": "forecourt", "group": "demo-group", "client_id": client_id, **claims}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm="RS256", headers={"kid": "test"})


def authorized(asked):
    """Answers an authorization request. The drive adds the parameter `user`: it stands for the page on which a person signs in. Returns the address
    to which the browser returns; `None` if the request is not that of the console."""
    wanted = {"client_id": CLIENT, "redirect_uri": CALLBACK, "response_type": "code", "code_challenge_method": "S256", "scope": "openid forecourt"}
    if any(asked.get(name) != value for name, value in wanted.items()):
        return None
    code = secrets.token_urlsafe()
    CODES[code] = (asked["user"], asked["code_challenge"])
    return f"{CALLBACK}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"


def tokens(asked):
    """Answers a token request; `None` if it is refused."""
    GRANTS.append(asked.get("grant_type"))
    if asked.get("client_id") != CLIENT:
        return None
    if asked["grant_type"] == "authorization_code":
        # A code is good for one request.
        user, challenge = CODES.pop(asked.get("code"), (None, None))
        verifier = base64.urlsafe_b64encode(hashlib.sha256(asked.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if verifier != challenge or asked.get("redirect_uri") != CALLBACK:
            return None
        # The console renews a token within its last minute, so that the first page renews this one.
        life = 30
    else:
        user, life = REFRESH.pop(asked.get("refresh_token"), None), 3600
    if user is None:
        return None
    refresh = secrets.token_urlsafe()
    REFRESH[refresh] = user
    # As Cognito's, the token has its client in place of an audience.
    access = token(aud=None, client_id=CLIENT, sub=user)
    return {"access_token": access, "token_type": "Bearer", "expires_in": life, "refresh_token": refresh}


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/authorize":
            back = authorized(dict(urllib.parse.parse_qsl(query)))
            self.send_response(302 if back else 400)
            self.send_header("location", back or "")
            self.end_headers()
            return
        about = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/.well-known/jwks.json", "end_session_endpoint": f"{ISSUER}/sign-out"}
        about |= {"authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token"}
        self.answer(200, {"keys": [JWK]} if path.endswith("jwks.json") else about)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        made = tokens(dict(urllib.parse.parse_qsl(body)))
        self.answer(200 if made else 400, made or {"error": "invalid_grant"})

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass
