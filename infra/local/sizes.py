"""How large the stacks are after SAM's transformation: CloudFormation takes 500 resources and 1 MB of a stack.

    sizes.py        a line for each stack
"""

import json
import logging
import os

from deployment import templates
from settings import REGION, ROOT, Problem, main, say

MOST_RESOURCES = 300
MOST_BYTES = 600_000


def measured(template):
    """Resources and bytes of a template after the transformation, as CloudFormation counts them."""
    from samcli.yamlhelper import yaml_parse
    from samtranslator.translator.transform import transform

    # The transformation looks at the region, and at the parameters' values.
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    source = yaml_parse(template.read_text())
    made = transform(source, {name: parameter.get("Default", "x") for name, parameter in source["Parameters"].items()}, None)
    return len(made["Resources"]), len(json.dumps(made).encode())


def check():
    """Shows each stack; one that is too large is a problem."""
    for template in [ROOT / "template.yaml", *templates()]:
        resources, size = measured(template)
        name = template.parent.name if template.parent.parent == ROOT / "functions" else "api"
        say(f"  {name:14} {resources:4} resources {size / 1000:6.0f} KB")
        if resources >= MOST_RESOURCES or size >= MOST_BYTES:
            raise Problem(f"the stack {name} is too large: less than {MOST_RESOURCES} resources and {MOST_BYTES / 1000:.0f} KB are wanted")


if __name__ == "__main__":
    main(check)
