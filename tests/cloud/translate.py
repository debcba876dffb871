"""Translates infra/template.yaml from SAM to CloudFormation without network and prints the result, for the lint and the emulator."""

import json
from pathlib import Path

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[2] / "infra/template.yaml"


class NoManagedPolicies(ManagedPolicyLoader):
    """The template uses no managed policies, so none have to be loaded from AWS."""

    def load(self):
        return {}


template = yaml_parse(TEMPLATE.read_text())
for resource in template["Resources"].values():
    code = resource["Properties"].get("CodeUri", "") if resource["Type"] == "AWS::Serverless::Function" else ""
    if code:
        resource["Properties"]["CodeUri"] = f"s3://code/{code.strip('/').split('/')[-1]}.zip"
print(json.dumps(transform(template, {}, NoManagedPolicies(None)), indent=1))
