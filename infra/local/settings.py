"""Where the one-machine cloud lives and which ports it uses.

A stack is a whole cloud of its own: `run` for people, `test` for `make test`, `bench` for `make bench`. They share the
build and nothing else, so that all of them can run side by side.
"""

import os
import pathlib
import pwd
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOCAL = ROOT / ".local"
VENV = LOCAL / "venv"
# A domain is a folder with a template.
DOMAINS = sorted(template.parent.name for template in (ROOT / "functions").glob("*/template.yaml"))
# The databases' roles, one for each domain.
ROLES = [f"pm_{domain}" for domain in DOMAINS]
REGION = "eu-west-3"
MAIL_FROM = "no-reply@productsmanager.app"

# Ports of the emulator, of the API beside it and of PostgreSQL; PM_PORT, PM_API_PORT and PM_DATABASE_PORT change those of
# `make run`.
PORTS = {"run": (4566, 4567, 54329), "test": (4666, 4667, 54339), "bench": (4766, 4767, 54349)}


class Problem(Exception):
    """Something the user can mend; its text says what and how. Shown as one line, without a traceback."""


class Stack:
    """One stack: its name, its ports, its folder."""

    def __init__(self, name):
        self.name = name
        port, api_port, database_port = PORTS[name]
        prefix = "PM_" if name == "run" else f"PM_{name.upper()}_"
        self.port = int(os.environ.get(f"{prefix}PORT", port))
        self.api_port = int(os.environ.get(f"{prefix}API_PORT", api_port))
        self.database_port = int(os.environ.get(f"{prefix}DATABASE_PORT", database_port))
        self.folder = LOCAL / name
        self.stage = "local" if name == "run" else name

    @property
    def endpoint(self):
        """The emulator's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self):
        """The API's address; a path such as /v1/products follows."""
        return f"http://127.0.0.1:{self.api_port}"

    def environment(self):
        """What AWS tools and SDKs need to talk to this stack and to nothing else."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAM_CLI_TELEMETRY": "0",
            # Seconds between two looks at a deploy; on AWS it is 5.
            "SAM_CLI_POLL_DELAY": "0.3",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def client(self, service):
        """A boto3 client of this stack."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 2}, read_timeout=900, s3={"addressing_style": "path"}),
        )


def say(text):
    """A line of progress."""
    print(text, flush=True)


def alive(pid_file, program):
    """The process that a pid file names, if it still runs, and is the program: numbers of ended processes are used again."""
    try:
        pid = int(pid_file.read_text().split()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, IndexError, ProcessLookupError):
        return None
    except PermissionError:
        pass
    # A zombie answers to signals but does nothing any more.
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return pid if state != "Z" and program in line else None
    except FileNotFoundError:
        return None


def port_is_free(port):
    """Whether nothing listens on a loopback port."""
    import socket

    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def unprivileged_user():
    """The user for programs that refuse to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Problem("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`; create one")


def main(function):
    """Runs a program; a Problem is one clear line, an interrupt is quiet."""
    try:
        sys.exit(function())
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
