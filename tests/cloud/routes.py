"""Checks each route of the translated template against infra/openapi.json: it has a target, and an authorizer unless the operation is open. The
console has three routes of its own, which the document does not have, and a session instead of a token."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
resources = json.loads((ROOT / "target/template.json").read_text())["Resources"]
document = json.loads((ROOT / "infra/openapi.json").read_text())
operations = {
    f"{method.upper()} {path}": operation
    for path, item in document["paths"].items()
    for method, operation in item.items()
    if method in ("get", "post", "put", "patch", "delete")
}
routes = {r["Properties"]["RouteKey"]: r["Properties"] for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Route"}
integrations = {name for name, r in resources.items() if r["Type"] == "AWS::ApiGatewayV2::Integration"}

CONSOLE = {"GET /", "ANY /desk", "ANY /desk/{proxy+}"}
known = operations.keys() | CONSOLE
faults = [f"{key}: only in one of template and document" for key in routes.keys() ^ known]
for key in routes.keys() & known:
    route, is_open = routes[key], key in CONSOLE or operations[key].get("security") == [{}]
    target = str(route.get("Target", ""))
    targets = ["ConsoleIntegration"] if key in CONSOLE else integrations - {"ConsoleIntegration"}
    if not any(f"integrations/${{{name}}}" in target for name in targets):
        faults.append(f"{key}: no integration of its own as target: {target or 'none'}")
    if is_open != (route.get("AuthorizationType") == "NONE") or is_open == ("AuthorizerId" in route):
        faults.append(f"{key}: is {'open' if is_open else 'for tokens'} in the document, but has {route.get('AuthorizationType')} here")
print(f"{len(routes)} routes, {len(faults)} faults")
sys.exit("\n".join(faults) or None)
