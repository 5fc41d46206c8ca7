"""Brings a stack up, deploys the real templates to it, and takes it down.

    stack.py up|stop|reset|logs [--stack run|test|bench] [--profile dev|release]
"""

import argparse
import json
import os
import shutil
import time
from urllib.parse import quote

import move
import tools
from deployment import Stage
from emulator import Emulator
from postgres import Server
from settings import MAIL_FROM, VENV, Problem, Stack, main, say


def up(stack, profile="dev"):
    """Everything, from nothing or from where it was; gives the stack's description, as in `stack.json`."""
    packages = tools.build(profile)
    if Emulator(stack).lost_its_state():
        if stack.name == "run":
            raise Problem("the AWS emulator was killed, and its state with it; run `make reset`, then `make run`")
        reset(stack)
    stack.folder.mkdir(parents=True, exist_ok=True)
    Server(stack).start()
    Emulator(stack).start()
    # On AWS infra/mail.yaml verifies the domain.
    stack.client("ses").verify_email_identity(EmailAddress=MAIL_FROM)
    started = time.monotonic()
    stage = _stage(stack, packages)
    stage.deploy_storage()
    owner = json.loads(stack.client("secretsmanager").get_secret_value(SecretId=f"pm/{stack.stage}/db/owner")["SecretString"])
    Server(stack).set_owner(owner["password"])
    single = stage.holds_a_single_stack()
    if single:
        move.move(stage, quiet=10)
    stage.deploy(moved=single)
    say(f"deploy: all stacks are as they should be, after {time.monotonic() - started:.0f} s")
    return _describe(stack, stage, owner)


def stop(stack):
    """Stops the stack's servers; what they hold is kept."""
    Emulator(stack).stop()
    Server(stack).stop()


def reset(stack):
    """Stops the stack and removes everything it holds."""
    stop(stack)
    Server(stack).remove()
    shutil.rmtree(stack.folder, ignore_errors=True)


def _stage(stack, packages):
    """The stack as a stage of the deployment."""
    parameters = {
        "DatabaseHost": "127.0.0.1",
        "DatabasePort": stack.database_port,
        "DatabaseSsl": "disable",
        "Tls": "none",
        "PublicUrl": stack.api_url,
        # Everybody here has one address.
        "MailsPerAddress": 1_000_000,
        "LoginFailuresPerAddress": 1_000_000,
    }
    if stack.name == "test":
        # The tests' own servers; everything else that is private is refused there too.
        parameters["NetAllow"] = "127.0.0.1"
    return Stage(stack.stage, stack.client, stack.environment(), packages, parameters, os.cpu_count(), stack.folder / "deploy.log")


def _describe(stack, stage, owner):
    """Where the stack is to be found, written to `stack.json` for tests and tools."""
    account = stack.client("sts").get_caller_identity()["Account"]
    description = {
        "stack": stack.name,
        "stage": stack.stage,
        "endpoint": stack.endpoint,
        "api_url": stack.api_url,
        "bucket": f"pm-{stack.stage}-data-{account}",
        "secrets_key": stage.parameters["SecretsKeyArn"],
        "owner_url": f"postgres://pm_admin:{quote(owner['password'], safe='')}@127.0.0.1:{stack.database_port}",
        "log": str(Emulator(stack).log),
        "python": str(VENV / "bin/python"),
    }
    (stack.folder / "stack.json").write_text(json.dumps(description, indent=2))
    return description


def logs(stack):
    """Follows what the functions write, from CloudWatch Logs, as on AWS."""
    if not (stack.folder / "stack.json").exists():
        raise Problem("there are no logs yet; `make run` starts the stack")
    client, since, seen = stack.client("logs"), int((time.time() - 300) * 1000), set()
    while True:
        try:
            groups = client.describe_log_groups(logGroupNamePrefix=f"/pm-{stack.stage}/")["logGroups"]
            events = [
                (event["timestamp"], group["logGroupName"].rsplit("/", 1)[1], event["message"].rstrip())
                for group in groups
                for event in client.filter_log_events(logGroupName=group["logGroupName"], startTime=since).get("events", [])
            ]
        except OSError as error:
            raise Problem("the emulator does not answer; `make run` starts it again") from error
        for event in sorted(event for event in events if event not in seen):
            seen.add(event)
            print(f"{event[1]:10} {event[2]}", flush=True)
        time.sleep(1)


def _main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["up", "stop", "reset", "logs"])
    parser.add_argument("--stack", choices=["run", "test", "bench"], default="run")
    parser.add_argument("--profile", choices=["dev", "release"], default="dev")
    arguments = parser.parse_args()
    tools.enter_venv()
    stack = Stack(arguments.stack)
    if arguments.command == "up":
        print(json.dumps(up(stack, arguments.profile), indent=2))
    else:
        {"stop": stop, "reset": reset, "logs": logs}[arguments.command](stack)
        if arguments.command != "logs":
            say(f"{arguments.command}: done")


if __name__ == "__main__":
    main(_main)
