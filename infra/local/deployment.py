"""What is deployed, in which order: the same on one machine and on AWS.

    infra/storage.yaml                  pm-<stage>-storage      what outlives a deploy
    functions/<domain>/template.yaml    pm-<stage>-<domain>     a domain: its functions, queues, alarms
    template.yaml                       pm-<stage>              the API

A stack is left alone when template, package and parameters are those that it was deployed with; a digest of them is kept in the
bucket of the packages, under `deployed/`. Stacks know each other by name alone, so the domains are deployed several at a time.
"""

import concurrent.futures
import hashlib
import json
import subprocess
import tempfile
import time

from settings import DOMAINS, ROOT, VENV, Problem, say


class Stage:
    """A stage: where it is, and with which parameters its stacks are deployed.

    `client` gives a boto3 client of a service, `environment` the variables of `sam`, `packages` the folder of the domains'
    packages. `parameters` holds more than each stack takes; a stack gets those that its template declares. `log` is where `sam`
    writes to, None for the terminal.
    """

    def __init__(self, name, client, environment, packages, parameters, at_once, log=None):
        self.name, self.client, self.environment, self.packages = name, client, environment, packages
        self.parameters, self.at_once, self.log = {"Stage": name, **parameters}, at_once, log
        self.cloudformation = client("cloudformation")
        self.bucket = f"pm-{name}-packages-{client('sts').get_caller_identity()['Account']}"

    def deploy_storage(self):
        """Deploys what outlives the rest, if it changed: the logins are there, and the bucket of the packages."""
        self._deploy_each([Stack(self, "storage", ROOT / "infra/storage.yaml")])
        self.parameters |= {"SecretsKeyArn": self.outputs("storage")["SecretsKeyArn"], "Packages": self.bucket}

    def deploy(self, only=(), moved=False):
        """Deploys the domains and the API, those that changed; with `only`, no others than those. `moved`: the queues of a single
        stack are empty, and it may go."""
        if self.holds_a_single_stack() and not moved:
            raise Problem(f"{self.stack_name('api')} is one single stack; move it first: make move STAGE={self.name} (docs/operators/stacks.md)")
        self.deploy_domains(only)
        if not only or "api" in only:
            self._deploy_each([Stack(self, "api", ROOT / "template.yaml")])

    def deploy_domains(self, only=()):
        """Deploys the domains that changed; with `only`, no others than those."""
        domains = self._domains(only)
        for stack in domains:
            self._upload(stack.parameters["Package"])
        # The tables are brought up to date while the last version still runs on them (expand, then contract), so that no new
        # function ever meets an old table.
        operations = [stack for stack in domains if stack.part == "ops"]
        if operations and self.outputs("ops") is None:
            self._deploy_each(operations)
            self.migrate()
        elif operations and operations[0].changed():
            self._migrate_ahead(operations[0].parameters["Package"])
        self._deploy_each(domains)

    def changes(self, only=()):
        """The names of the stacks that a deploy would touch."""
        api = [Stack(self, "api", ROOT / "template.yaml")] if not only or "api" in only else []
        return [stack.name for stack in [*self._domains(only), *api] if stack.changed()]

    def _domains(self, only):
        domains = [Stack(self, domain, ROOT / f"functions/{domain}/template.yaml") for domain in DOMAINS if not only or domain in only]
        for stack in domains:
            stack.parameters["Package"] = self._package(stack.part)
        return domains

    def stack_name(self, part):
        """The name of a stack by its part: a domain, `storage`, or `api`."""
        return f"pm-{self.name}" if part == "api" else f"pm-{self.name}-{part}"

    def described(self, part):
        """What CloudFormation says of a stack; None when there is none."""
        try:
            return self.cloudformation.describe_stacks(StackName=self.stack_name(part))["Stacks"][0]
        except self.cloudformation.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def outputs(self, part):
        """The outputs of a stack; None when it does not exist, or its last deploy failed."""
        stack = self.described(part)
        if stack is None or not stack["StackStatus"].endswith("_COMPLETE") or "ROLLBACK" in stack["StackStatus"]:
            return None
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def recorded(self, stack):
        """The digest of what a stack was deployed with; None when nobody knows."""
        store = self.client("s3")
        try:
            return store.get_object(Bucket=self.bucket, Key=f"deployed/{stack}")["Body"].read().decode()
        except store.exceptions.ClientError:
            return None

    def record(self, stack, content):
        """Keeps the digest of what a stack was deployed with."""
        self.client("s3").put_object(Bucket=self.bucket, Key=f"deployed/{stack}", Body=content.encode())

    def function(self, name):
        """The deployed name of a function such as `ops.migrate`."""
        return f"pm-{self.name}-{name.replace('.', '-')}"

    def migrate(self):
        """Invokes ops.migrate."""
        say("migrate: ops.migrate")
        answer = self.client("lambda").invoke(FunctionName=self.function("ops.migrate"), Payload=b"{}")
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise Problem(f"the migrations failed: {payload.get('errorMessage')}; the function's log says more")

    def _migrate_ahead(self, package):
        client, function = self.client("lambda"), self.function("ops.migrate")
        client.update_function_code(FunctionName=function, S3Bucket=self.bucket, S3Key=package)
        client.get_waiter("function_updated_v2").wait(FunctionName=function)
        self.migrate()

    def _package(self, domain):
        """The key of a domain's package."""
        file = self.packages / domain / "bootstrap.zip"
        if not file.exists():
            raise Problem(f"{file} is missing; the build makes it")
        return f"packages/{domain}/{digest(file.read_bytes())}.zip"

    def _upload(self, key):
        """Uploads a package unless the bucket has it."""
        store = self.client("s3")
        if not store.list_objects_v2(Bucket=self.bucket, Prefix=key).get("KeyCount"):
            store.upload_file(str(self.packages / key.split("/")[1] / "bootstrap.zip"), self.bucket, key)

    def _deploy_each(self, stacks):
        """Deploys those stacks that changed, several at a time; all of them are tried before the first failure is raised."""
        with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
            deploys = [pool.submit(stack.deploy) for stack in stacks if stack.changed()]
        for done in deploys:
            done.result()

    def holds_a_single_stack(self):
        """Whether the stage is deployed as it was before a domain had a stack of its own."""
        stack = self.described("api")
        return stack is not None and "DatabaseHost" in parameters_of(stack)


class Stack:
    """One stack of a stage."""

    def __init__(self, stage, part, template):
        self.stage, self.part, self.template = stage, part, template
        self.name = stage.stack_name(part)
        self.parameters = dict(stage.parameters)

    def taken(self):
        """The parameters that the template declares: the stage's, or else their defaults, so that none keeps an older value."""
        declared = _read(self.template)["Parameters"]
        return {name: str(self.parameters.get(name, parameter.get("Default"))) for name, parameter in declared.items()}

    def content(self):
        """The digest of what would be deployed."""
        return digest(self.template.read_bytes() + json.dumps(self.taken(), sort_keys=True).encode())

    def changed(self):
        """Whether something else is deployed, or nothing."""
        return self.stage.outputs(self.part) is None or self.stage.recorded(self.name) != self.content()

    def deploy(self):
        """Deploys the stack with SAM."""
        started = time.monotonic()
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as values:
            json.dump(self.taken(), values)
            values.flush()
            done = subprocess.run(
                [str(part) for part in self._command(values.name)],
                cwd=ROOT,
                env=self.stage.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        if self.stage.log:
            with open(self.stage.log, "ab") as log:
                log.write(done.stdout)
        if done.returncode != 0:
            where = f"look into {self.stage.log}" if self.stage.log else done.stdout.decode(errors="replace")[-4000:]
            raise Problem(f"the deploy of {self.name} failed; {where}")
        self.stage.record(self.name, self.content())
        say(f"deploy: {self.name} in {time.monotonic() - started:.0f} s")

    def _command(self, values):
        command = [VENV / "bin/sam", "deploy", "--template-file", self.template, "--stack-name", self.name]
        # The stack of the storage makes the bucket of the packages; it is small enough to need none.
        if self.part != "storage":
            command += ["--s3-bucket", self.stage.bucket, "--s3-prefix", "templates"]
        command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
        # The parameters come from here alone, not from samconfig.toml.
        return [*command, "--config-env", "none", "--parameter-overrides", f"file://{values}"]


def templates():
    """The templates of the domains."""
    return [ROOT / f"functions/{domain}/template.yaml" for domain in DOMAINS]


def _read(template):
    from samcli.yamlhelper import yaml_parse

    return yaml_parse(template.read_text())


def digest(content):
    """A short digest of bytes."""
    return hashlib.sha256(content).hexdigest()[:20]


def parameters_of(stack):
    """The parameters that a stack, as CloudFormation describes it, was deployed with."""
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack.get("Parameters", [])}
