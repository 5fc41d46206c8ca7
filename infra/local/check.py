"""`make test`: a stack of its own, then formatter, lints, templates, and every test.

    check.py [--keep]       --keep leaves the stack running, for more tests by hand
"""

import subprocess
import sys
import time

import stack as stacks
import tools
from postgres import Server
from settings import DOMAINS, MAIL_FROM, ROOT, VENV, Problem, Stack, main, say

# Amazon Linux 2023 has glibc 2.34.
NEWEST_GLIBC = (2, 34)


def _main():
    tools.enter_venv()
    started = time.monotonic()
    stack = Stack("test")
    try:
        described = stacks.up(stack)
        environment = _environment(stack, described)
        if not tools.unpack_openssh(ROOT / ".local/openssh"):
            say("test: OpenSSH's server can be had neither here nor from Debian; its test is LEFT OUT")
            environment["PM_NO_OPENSSH"] = "1"
        # Handlers are modules that a macro declares, which `cargo fmt` does not see: the files are named.
        sources = [path for part in ("functions", "shared", "tests") for path in sorted((ROOT / part).rglob("*.rs"))]
        _step("formatter", ["rustfmt", "--check", *sources], environment)
        _step("lints", ["cargo", "clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"], environment)
        _step("template", [VENV / "bin/sam", "validate", "--lint", "--template", "template.yaml"], environment)
        _step("infra", [VENV / "bin/cfn-lint", *sorted((ROOT / "infra").glob("*.yaml"))], environment)
        _check_glibc()
        _step("tests", ["cargo", "test", "--quiet", "--workspace", "--no-fail-fast"], environment)
    finally:
        if "--keep" not in sys.argv:
            stacks.stop(stack)
    say(f"test: all is well, in {time.monotonic() - started:.0f} s")


def _environment(stack, described):
    """What the tests need: the stack's description, and a database to make databases from, as the owner."""
    Server(stack).make_test_database()
    return {
        **stack.environment(),
        "PM_STACK": str(stack.folder / "stack.json"),
        "DATABASE_URL": f"{described['owner_url']}/sqlx_tests?sslmode=disable",
        "SQLX_OFFLINE": "true",
        "CARGO_BUILD_TARGET": tools.target(),
        "DATA_BUCKET": described["bucket"],
        "STATE_TABLE": f"pm-{stack.stage}-state",
        "EVENT_BUS": f"pm-{stack.stage}",
        "SECRETS_KEY": _export(stack, f"pm-{stack.stage}-SecretsKeyArn"),
        "MAIL_FROM": MAIL_FROM,
    }


def _export(stack, name):
    exports = stack.client("cloudformation").list_exports()["Exports"]
    return next(export["Value"] for export in exports if export["Name"] == name)


def _step(name, command, environment):
    say(f"test: {name}")
    started = time.monotonic()
    if subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, timeout=3000).returncode != 0:
        raise Problem(f"{name} failed after {time.monotonic() - started:.0f} s; the messages are above")


def _check_glibc():
    """Reads the symbol versions that the functions' executables need."""
    say("test: glibc")
    for domain in DOMAINS:
        newest = newest_glibc(tools.executable(domain))
        if newest > NEWEST_GLIBC:
            raise Problem(f"{domain} needs glibc {newest[0]}.{newest[1]}, Amazon Linux 2023 has 2.34; build it on an older system")


def newest_glibc(executable):
    """The newest glibc whose symbols an executable needs."""
    listed = subprocess.run(["readelf", "--version-info", "--wide", executable], capture_output=True, text=True, check=True).stdout
    versions = {
        tuple(int(part) for part in word[len("GLIBC_"):].split("."))
        for word in listed.replace("(", " ").replace(")", " ").split()
        if word.startswith("GLIBC_2")
    }
    return max(versions)


if __name__ == "__main__":
    main(_main)
