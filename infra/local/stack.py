"""Brings a stack up, deploys the real templates to it, and takes it down.

    stack.py up|stop|reset|logs [--stack run|test|bench] [--profile dev|release]
"""

import argparse
import json
import os
import shutil
import subprocess
import time

import tools
from emulator import Emulator
from postgres import Server
from settings import MAIL_FROM, REGION, ROOT, VENV, Problem, Stack, digest_of, main, say


def up(stack, profile="dev"):
    """Everything, from nothing or from where it was; gives the stack's description, as in `stack.json`."""
    folder = tools.build(profile)
    if Emulator(stack).lost_its_state():
        if stack.name == "run":
            raise Problem("the AWS emulator was killed, and its state with it; run `make reset`, then `make run`")
        reset(stack)
    stack.folder.mkdir(parents=True, exist_ok=True)
    Server(stack).start()
    Emulator(stack).start()
    # On AWS infra/mail.yaml verifies the domain.
    stack.client("ses").verify_email_identity(EmailAddress=MAIL_FROM)
    if not _deployed(stack, folder):
        # The logins of new roles, then the tables, then the functions.
        _deploy_storage(stack)
        deployed_before = _migrate_ahead(stack, folder)
        _deploy(stack, folder)
        if not deployed_before:
            _migrate(stack, describe(stack)["migrate_function"])
    return describe(stack)


def stop(stack):
    """Stops the stack's servers; what they hold is kept."""
    Emulator(stack).stop()
    Server(stack).stop()


def reset(stack):
    """Stops the stack and removes everything it holds."""
    stop(stack)
    Server(stack).remove()
    shutil.rmtree(stack.folder, ignore_errors=True)


def describe(stack):
    """Where the stack is to be found."""
    return json.loads((stack.folder / "stack.json").read_text())


def _deployed(stack, folder):
    """Whether the emulator holds exactly what would be deployed."""
    file = stack.folder / "stack.json"
    if not file.exists() or json.loads(file.read_text())["digest"] != _digest(folder):
        return False
    try:
        return _outputs(stack, _name(stack)) is not None
    except Exception:  # Whatever the emulator cannot answer, it has to be deployed to.
        return False


def _digest(folder):
    migrations = (ROOT / "migrations").rglob("*.sql")
    return digest_of([ROOT / "template.yaml", ROOT / "infra/storage.yaml", *migrations, *tools.packages(folder)])


def _name(stack):
    return f"pm-{stack.stage}"


def _outputs(stack, name):
    found = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    if not found["StackStatus"].endswith("_COMPLETE") or "ROLLBACK" in found["StackStatus"]:
        return None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _artifacts(stack):
    return f"pm-{stack.stage}-artifacts"


def _deploy_storage(stack):
    (stack.folder / "stack.json").unlink(missing_ok=True)
    artifacts = _artifacts(stack)
    if not _has_bucket(stack, artifacts):
        stack.client("s3").create_bucket(Bucket=artifacts, CreateBucketConfiguration={"LocationConstraint": REGION})
    say("deploy: infra/storage.yaml")
    _sam(stack, ROOT / "infra/storage.yaml", f"{_name(stack)}-storage", artifacts, {"Stage": stack.stage, "Tls": "none"})
    Server(stack).set_owner(_owner(stack)["password"])


def _owner(stack):
    """The owner's login, which infra/storage.yaml makes."""
    return json.loads(stack.client("secretsmanager").get_secret_value(SecretId=f"pm/{stack.stage}/db/owner")["SecretString"])


def _deploy(stack, folder):
    started = time.monotonic()
    owner = _owner(stack)
    say("deploy: template.yaml")
    parameters = {
        "Stage": stack.stage,
        "DatabaseHost": "127.0.0.1",
        "DatabasePort": stack.database_port,
        "DatabaseSsl": "disable",
        # Everybody here has one address.
        "MailsPerAddress": 1_000_000,
        "LoginFailuresPerAddress": 1_000_000,
    }
    if stack.name == "test":
        # The tests' own servers; everything else that is private is refused there too.
        parameters["NetAllow"] = "127.0.0.1"
    # The emulator names an API when it makes it, and anew when its routes change; then one function is told its address.
    known = _api_url_before(stack)
    for _ in range(2):
        parameters |= {"PublicUrl": known} if known else {}
        _sam(stack, _template(stack, folder), _name(stack), _artifacts(stack), parameters)
        outputs = _outputs(stack, _name(stack))
        if not outputs:
            raise Problem(f"the deploy of template.yaml failed; look into {stack.folder}/deploy.log")
        url = _api_url(stack, outputs["ApiId"])
        if known == url:
            break
        known = url
    account = stack.client("sts").get_caller_identity()["Account"]
    description = {
        "stack": stack.name,
        "stage": stack.stage,
        "endpoint": stack.endpoint,
        "api_url": url,
        "bucket": f"pm-{stack.stage}-data-{account}",
        "owner_url": f"postgres://pm_admin:{_quote(owner['password'])}@127.0.0.1:{stack.database_port}",
        "migrate_function": outputs["MigrateFunction"],
        "set_limits_function": outputs["SetLimitsFunction"],
        "log": str(Emulator(stack).log),
        "python": str(VENV / "bin/python"),
        "digest": _digest(folder),
    }
    (stack.folder / "stack.json").write_text(json.dumps(description, indent=2))
    say(f"deploy: done in {time.monotonic() - started:.0f} s")


def _api_url(stack, api):
    return f"{stack.endpoint}/restapis/{api}/api/_user_request_"


def _api_url_before(stack):
    """The address of the API that is there; empty when there is none."""
    names = [one["StackName"] for one in stack.client("cloudformation").describe_stacks()["Stacks"]]
    outputs = _outputs(stack, _name(stack)) if _name(stack) in names else None
    return _api_url(stack, outputs["ApiId"]) if outputs else ""


def _template(stack, folder):
    """template.yaml itself; a release build lies elsewhere, so its copy names the other folder."""
    if folder == ROOT / "target/lambda":
        return ROOT / "template.yaml"
    text = (ROOT / "template.yaml").read_text().replace("CodeUri: target/lambda/", f"CodeUri: {folder}/")
    copy = stack.folder / "template.yaml"
    copy.write_text(text)
    return copy


def _has_bucket(stack, name):
    return name in [bucket["Name"] for bucket in stack.client("s3").list_buckets()["Buckets"]]


def _quote(text):
    from urllib.parse import quote

    return quote(text, safe="")


def _sam(stack, template, name, artifacts, parameters):
    command = [
        *(VENV / "bin/sam", "deploy", "--template-file", template, "--stack-name", name, "--s3-bucket", artifacts),
        *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset"),
        # A stage that samconfig.toml does not know: nothing of it applies here.
        *("--no-progressbar", "--config-env", "one-machine", "--parameter-overrides"),
        *(f"{key}={value}" for key, value in parameters.items()),
    ]
    with open(stack.folder / "deploy.log", "ab") as log:
        done = subprocess.run([str(part) for part in command], cwd=ROOT, env=stack.environment(), stdout=log, stderr=log)
    if done.returncode != 0:
        raise Problem(f"sam deploy of {template.name} failed; look into {stack.folder}/deploy.log")


def _migrate_ahead(stack, folder):
    """Brings the tables up to date with the new migrations while the last version still runs on them (expand, then
    contract), so that no new function ever meets an old table. False when there is nothing deployed yet."""
    try:
        function = _outputs(stack, _name(stack))["MigrateFunction"]
    except Exception:  # No such stack.
        return False
    client = stack.client("lambda")
    client.update_function_code(FunctionName=function, ZipFile=(folder / "ops/bootstrap.zip").read_bytes())
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
    _migrate(stack, function)
    return True


def _migrate(stack, function):
    say("migrate: ops.migrate")
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        (stack.folder / "stack.json").unlink(missing_ok=True)
        raise Problem(f"the migrations failed ({payload.get('errorMessage')}); look into {Emulator(stack).log}")


def logs(stack):
    """Follows what the functions write, from CloudWatch Logs, as on AWS."""
    if not (stack.folder / "stack.json").exists():
        raise Problem("there are no logs yet; `make run` starts the stack")
    client, since, seen = stack.client("logs"), int((time.time() - 300) * 1000), set()
    while True:
        try:
            groups = client.describe_log_groups(logGroupNamePrefix=f"/pm/{stack.stage}/")["logGroups"]
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
