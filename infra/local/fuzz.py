"""`make fuzz`: a fuzzer reads docs/openapi.json and sends what it allows, and what it does not, to the stack of `make test`:
no answer of 5xx, no status that the document does not name, every answer as its schema says.

    fuzz.py [examples]          how many requests of each kind and operation (default: 25)
"""

import subprocess
import sys

import stack as stacks
import tools
from demo import session
from settings import LOCAL, ROOT, Problem, Stack, main, say

FUZZ_VENV = LOCAL / "fuzz-venv"
# What ends the fuzzer's own session.
NOT_THESE = ["identity.logout", "identity.end_session", "identity.leave_organisation", "identity.switch_organisation"]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def _main():
    tools.enter_venv()
    tools.ensure_venv(FUZZ_VENV, ROOT / "infra/local/requirements-fuzz.txt")
    stack = Stack("test")
    described = stacks.up(stack)
    try:
        token = session(stack, described, "Fuzz")
        command = [
            *(FUZZ_VENV / "bin/schemathesis", "run", ROOT / "docs/openapi.json", "--url", described["api_url"]),
            *("--header", f"Authorization: Bearer {token}", "--checks", CHECKS, "--max-examples", sys.argv[1] if len(sys.argv) > 1 else "25"),
            *("--phases", "examples,coverage,fuzzing", "--workers", "2", "--request-timeout", "60", "--no-color"),
            # The same requests each time, so that what fails can be tried again.
            *("--generation-deterministic", "--continue-on-failure"),
            *(argument for name in NOT_THESE for argument in ("--exclude-operation-id", name)),
        ]
        if subprocess.run([str(part) for part in command], cwd=LOCAL).returncode != 0:
            raise Problem("the fuzzer found answers that are not as documented; they are above")
    finally:
        stacks.stop(stack)
    say("fuzz: every answer is as documented")


if __name__ == "__main__":
    main(_main)
