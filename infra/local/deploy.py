"""`make deploy STAGE=…`: the production build, the databases' new tables, then the functions, to AWS.

    deploy.py STAGE         a stage of samconfig.toml, with the AWS credentials of the environment
"""

import json
import os
import subprocess
import sys

import tools
from check import NEWEST_GLIBC, newest_glibc
from settings import DOMAINS, ROOT, VENV, Problem, main, say

# What Amazon Linux 2023 has. cargo-lambda links against it, whatever this machine has.
GLIBC = ".".join(str(part) for part in NEWEST_GLIBC)


def _main():
    if len(sys.argv) != 2:
        raise Problem("say which stage: make deploy STAGE=staging")
    stage = sys.argv[1]
    if stage in ("local", "test", "bench"):
        raise Problem(f"{stage} is a stack of this machine; `make run` and `make test` deploy those")
    tools.enter_venv()
    architecture = os.environ.get("ARCHITECTURE", "x86_64")
    build(architecture)
    say(f"deploy: infra/storage.yaml to {stage}")
    _sam("deploy", "--template-file", "infra/storage.yaml", "--stack-name", f"pm-{stage}-storage", "--config-env", stage,
         "--parameter-overrides", f"Stage={stage}")
    migrated = _migrate_ahead(stage)
    say(f"deploy: template.yaml to {stage}")
    _sam("deploy", "--config-env", stage)
    if not migrated:
        _migrate(stage)
    say("deploy: done")


def build(architecture):
    """Builds the packages for Amazon Linux 2023 and checks which glibc they need."""
    machine = {"x86_64": "x86_64", "arm64": "aarch64"}.get(architecture)
    if not machine:
        raise Problem(f"the architecture is {architecture}, expected x86_64 or arm64")
    target = f"{machine}-unknown-linux-gnu"
    command = ["cargo", "lambda", "build", "--release", "--output-format", "zip", "--target", f"{target}.{GLIBC}"]
    command += [argument for domain in DOMAINS for argument in ("--package", domain)]
    say(f"build: {' '.join(command)}")
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "SQLX_OFFLINE": "true"}).returncode != 0:
        raise Problem(f"the build for {target} failed; is the target installed? (`rustup target add {target}`)")
    for domain in DOMAINS:
        newest = newest_glibc(ROOT / "target" / target / "release" / domain)
        if newest > NEWEST_GLIBC:
            raise Problem(f"{domain} needs glibc {newest[0]}.{newest[1]}, Amazon Linux 2023 has {GLIBC}")
        say(f"build: {domain} needs glibc {newest[0]}.{newest[1]}")


def _sam(*arguments):
    if subprocess.run([VENV / "bin/sam", *arguments], cwd=ROOT).returncode != 0:
        raise Problem("sam failed; its message is above")


def _function(stage):
    import boto3

    return boto3.client("lambda"), f"pm-{stage}-ops-migrate"


def _migrate_ahead(stage):
    """The tables before the functions, as on one machine (stack.py); False at the first deploy."""
    client, function = _function(stage)
    try:
        client.update_function_code(FunctionName=function, ZipFile=(ROOT / "target/lambda/ops/bootstrap.zip").read_bytes())
    except client.exceptions.ResourceNotFoundException:
        return False
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
    _migrate(stage)
    return True


def _migrate(stage):
    client, function = _function(stage)
    say("migrate: ops.migrate")
    answer = client.invoke(FunctionName=function, Payload=b"{}")
    if answer.get("FunctionError"):
        raise Problem(f"the migrations failed: {json.loads(answer['Payload'].read()).get('errorMessage')}")


if __name__ == "__main__":
    main(_main)
