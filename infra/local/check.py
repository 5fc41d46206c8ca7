"""`make test`: formatter, templates, lints, the rules of the house; then a stack of its own and every test.

    check.py [--keep]       --keep leaves the stack running, for more tests by hand
"""

import os
import subprocess
import sys
import time

import sizes
import stack as stacks
import tools
from deployment import templates
from postgres import Server
from settings import DOMAINS, MAIL_FROM, ROOT, VENV, Problem, Stack, main, say

# Amazon Linux 2023 has glibc 2.34.
NEWEST_GLIBC = (2, 34)


def _main():
    tools.enter_venv()
    started = time.monotonic()
    # Handlers are modules that a macro declares, which `cargo fmt` does not see: the files are named.
    sources = [path for part in ("functions", "shared", "tests") for path in sorted((ROOT / part).rglob("*.rs"))]
    _run("formatter", ["rustfmt", "--check", *sources])
    _run("templates", [VENV / "bin/cfn-lint", "template.yaml", *templates(), *sorted((ROOT / "infra").glob("*.yaml"))])
    _step("sizes of the stacks", sizes.check)
    _run("lints", ["cargo", "clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
    _run("rules of the house", ["cargo", "test", "--quiet", "--package", "e2e", "--test", "house"])
    stack = Stack("test")
    try:
        described = _step("stack", lambda: stacks.up(stack))
        _step("glibc", _check_glibc)
        # No crate has tests in its documentation. Most tests wait for the stack: more of them than processors run at a time.
        kinds = ["--lib", "--bins", "--tests"]
        tests = ["cargo", "test", "--quiet", "--workspace", *kinds, "--no-fail-fast", "--", f"--test-threads={3 * os.cpu_count()}"]
        _run("tests", tests, _environment(stack, described))
    finally:
        if "--keep" not in sys.argv:
            stacks.stop(stack)
    say(f"test: all is well, in {time.monotonic() - started:.0f} s")


def _environment(stack, described):
    """What the tests need: the stack's description, and a database to make databases from, as the owner."""
    Server(stack).make_test_database()
    environment = {
        **stack.environment(),
        "PM_STACK": str(stack.folder / "stack.json"),
        "DATABASE_URL": f"{described['owner_url']}/sqlx_tests?sslmode=disable",
        "DATA_BUCKET": described["bucket"],
        "STATE_TABLE": f"pm-{stack.stage}-state",
        "EVENT_BUS": f"pm-{stack.stage}",
        "SECRETS_KEY": described["secrets_key"],
        "MAIL_FROM": MAIL_FROM,
    }
    if not tools.unpack_openssh(ROOT / ".local/openssh"):
        say("test: OpenSSH's server can be had neither here nor from Debian; its test is LEFT OUT")
        environment["PM_NO_OPENSSH"] = "1"
    return environment


def _run(name, command, environment=None):
    """A step that is a program."""
    environment = {**(environment or os.environ), "SQLX_OFFLINE": "true", "CARGO_BUILD_TARGET": tools.target()}

    def run():
        if subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, timeout=3000).returncode != 0:
            raise Problem(f"{name} failed; the messages are above")

    _step(name, run)


def _step(name, step):
    say(f"test: {name}")
    started = time.monotonic()
    result = step()
    say(f"test: {name}: {time.monotonic() - started:.0f} s")
    return result


def _check_glibc():
    """Reads the symbol versions that the functions' executables need."""
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
