"""`make deploy STAGE=… [ONLY=imports,api]`: the production build, the databases' new tables, then the stacks that changed, to AWS.

    deploy.py STAGE [ONLY]      a stage of samconfig.toml, with the AWS credentials of the environment
"""

import os
import subprocess
import sys

import tools
from check import NEWEST_GLIBC, newest_glibc
from deployment import Stage
from settings import DOMAINS, ROOT, Problem, main, say

# What Amazon Linux 2023 has. cargo-lambda links against it, whatever this machine has.
GLIBC = ".".join(str(part) for part in NEWEST_GLIBC)
PACKAGES = ROOT / "target/lambda"


def _main():
    tools.enter_venv()
    here = stage()
    only = [part for part in (sys.argv[2] if len(sys.argv) > 2 else "").split(",") if part]
    unknown = [part for part in only if part not in [*DOMAINS, "api"]]
    if unknown:
        raise Problem(f"{', '.join(unknown)} is no stack; expected some of {', '.join(DOMAINS)}, api")
    build(here.parameters["Architecture"], [domain for domain in DOMAINS if not only or domain in only])
    here.deploy_storage()
    changes = here.changes(only)
    say(f"deploy: {', '.join(changes) or 'nothing has changed'}")
    if changes and here.confirm and input(f"Deploy to {here.name}? [y/N] ").strip().lower() != "y":
        raise Problem("nothing was deployed but the storage")
    here.deploy(only)
    say("deploy: done")


def stage():
    """The stage that the command line names, as samconfig.toml describes it."""
    import boto3
    import tomlkit

    name = sys.argv[1] if len(sys.argv) > 1 else ""
    stages = tomlkit.parse((ROOT / "samconfig.toml").read_text())
    if name not in stages or name == "default":
        known = [stage for stage in stages if stage not in ("version", "default")]
        raise Problem(f"expected a stage of samconfig.toml ({', '.join(known)}), found \"{name}\": make deploy STAGE=staging")
    region = stages["default"]["global"]["parameters"]["region"]
    overrides = stages[name]["deploy"]["parameters"]["parameter_overrides"].split()
    parameters = {"Architecture": os.environ.get("ARCHITECTURE", "x86_64"), **dict(one.split("=", 1) for one in overrides)}
    environment = {**os.environ, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    here = Stage(name, lambda service: boto3.client(service, region_name=region), environment, PACKAGES, parameters, at_once=4)
    here.confirm = bool(stages[name]["deploy"]["parameters"].get("confirm_changeset")) and "YES" not in os.environ
    return here


def build(architecture, domains):
    """Builds the packages for Amazon Linux 2023 and checks which glibc they need."""
    machine = {"x86_64": "x86_64", "arm64": "aarch64"}.get(architecture)
    if not machine:
        raise Problem(f"the architecture is {architecture}, expected x86_64 or arm64")
    target = f"{machine}-unknown-linux-gnu"
    command = ["cargo", "lambda", "build", "--release", "--output-format", "zip", "--target", f"{target}.{GLIBC}"]
    command += [argument for domain in domains for argument in ("--package", domain)]
    say(f"build: {' '.join(command)}")
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "SQLX_OFFLINE": "true"}).returncode != 0:
        raise Problem(f"the build for {target} failed; is the target installed? (`rustup target add {target}`)")
    for domain in domains:
        newest = newest_glibc(ROOT / "target" / target / "release" / domain)
        if newest > NEWEST_GLIBC:
            raise Problem(f"{domain} needs glibc {newest[0]}.{newest[1]}, Amazon Linux 2023 has {GLIBC}")
        say(f"build: {domain} needs glibc {newest[0]}.{newest[1]}")


if __name__ == "__main__":
    main(_main)
