"""`make move STAGE=…`: a stage that is one single stack gets a stack for each domain, and no queued message is lost.

The API keeps its id and so its address. A move that was interrupted goes on where it stopped when it is started again:

1. The single stack gives up the functions whose names the domains need.
2. The domains are deployed beside it, with queues of other names; both work.
3. The single stack's routes lead to the domains' functions; its schedules end, and it leaves the queues of uploads to them. Its
   own queues and their functions stay, for what is on its way.
4. When its queues are empty, its dead letters go to the dead-letter queues of the domains.
5. It becomes the API's stack (deployment.py): functions and queues are removed.
"""

import json
import time

from deployment import Stack, parameters_of
from settings import LOCAL, ROOT, Problem, say

# The queues as they were called, and as they are.
QUEUES = {
    "mails": "identity-mails",
    "catalog-jobs": "catalog-bulk-jobs",
    "media-work": "media-jobs",
    "automation-runs": "imports-automation-runs",
    "import-batches": "imports-batches",
    "import-finish": "imports-finish",
    "exports": "exports-runs",
    "deliveries": "exports-deliveries",
    "notices": "notifications-notices",
    "webhooks": "notifications-webhooks",
    "job-events": "ops-job-events",
}


def move(stage, quiet):
    """Moves a stage up to step 4; `Stage.deploy` does the last. SQS may show a message this late: `quiet`, in seconds."""
    say(f"move: {stage.stack_name('api')} is one single stack; the domains get stacks of their own")
    template = _template(stage)
    named = [name for name, resource in template["Resources"].items() if "FunctionName" in resource.get("Properties", {})]
    if named:
        for name in named:
            del template["Resources"][name]
        template["Outputs"] = {}
        _deploy(stage, template)
    stage.deploy_domains()
    _lead_to_the_domains(template)
    _deploy(stage, template)
    _drain(stage, template, quiet)


def _template(stage):
    """The template that the stage is deployed with."""
    from samcli.yamlhelper import yaml_parse

    body = stage.cloudformation.get_template(StackName=stage.stack_name("api"), TemplateStage="Original")["TemplateBody"]
    # boto3 gives JSON as a dictionary, YAML as text.
    return json.loads(json.dumps(body if isinstance(body, dict) else yaml_parse(body)))


def _lead_to_the_domains(template):
    from samcli.yamlhelper import yaml_parse

    api = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    template["Resources"] |= {"Api": api["Api"], "ApiRole": api["ApiRole"]}
    template["Outputs"] = {}
    for resource in template["Resources"].values():
        events = resource.get("Properties", {}).get("Events", {})
        if resource["Type"] == "AWS::Serverless::Function":
            for name in [name for name, event in events.items() if event["Type"] == "Schedule" or _is_of_storage(event)]:
                del events[name]


def _is_of_storage(event):
    """Whether an event reads a queue of infra/storage.yaml."""
    return "Fn::ImportValue" in event["Properties"].get("Queue", {})


def _deploy(stage, template):
    file = LOCAL / f"move-{stage.name}.json"
    file.parent.mkdir(exist_ok=True)
    # In the form of CloudFormation's own long names, which JSON has.
    file.write_text(json.dumps(template, indent=1))
    stack = Stack(stage, "api", file)
    before = parameters_of(stage.described("api"))
    stack.parameters = {name: value for name, value in before.items() if name in template["Parameters"]}
    stack.deploy()


def _drain(stage, template, quiet):
    """Waits until the queues of the single stack have been empty for a while, and moves its dead letters."""
    sqs = stage.client("sqs")
    names = [name for name in QUEUES if any(_is_queue(resource, name) for resource in template["Resources"].values())]
    urls = {name: sqs.get_queue_url(QueueName=f"pm-{stage.name}-{name}")["QueueUrl"] for name in names}
    empty_since, said = None, None
    while empty_since is None or time.monotonic() - empty_since < quiet:
        waiting = {name: _messages(sqs, url) for name, url in urls.items()}
        waiting = {name: count for name, count in waiting.items() if count}
        if waiting and waiting != said:
            say("move: still on their way: " + ", ".join(f"{name} {count}" for name, count in waiting.items()))
        empty_since, said = (None if waiting else empty_since or time.monotonic()), waiting
        time.sleep(min(5, quiet / 5))
    for name in names:
        moved = _move_messages(sqs, f"pm-{stage.name}-{name}-dead", f"pm-{stage.name}-{QUEUES[name]}-dead")
        if moved:
            say(f"move: {moved} dead letters of {name} are in the dead-letter queue of {QUEUES[name]}")
    say("move: every queue of the single stack is empty")


def _is_queue(resource, name):
    return resource["Type"] == "AWS::SQS::Queue" and f"-{name}\"" in json.dumps(resource["Properties"]["QueueName"])


def _messages(sqs, url):
    """How many messages a queue holds, hidden and delayed ones included."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(count) for name, count in attributes.items() if name.startswith("ApproximateNumberOfMessages"))


def _move_messages(sqs, from_name, to_name):
    source, target = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in (from_name, to_name))
    moved = 0
    while _messages(sqs, source):
        messages = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, WaitTimeSeconds=2, AttributeNames=["All"]).get("Messages", [])
        for message in messages:
            group = message.get("Attributes", {}).get("MessageGroupId")
            # Sent before it is deleted: every consumer takes a message twice, and none is lost.
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **({"MessageGroupId": group} if group else {}))
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        moved += len(messages)
    return moved


def _main():
    import deploy
    import tools

    tools.enter_venv()
    stage = deploy.stage()
    stage.deploy_storage()
    if not stage.holds_a_single_stack():
        raise Problem(f"the stage {stage.name} has a stack for each domain already")
    move(stage, quiet=120)
    stage.deploy(moved=True)


if __name__ == "__main__":
    from settings import main

    main(_main)
