"""Run as ``python -m api.runtime.prefect_setup prepare|deploy``: what our flows need in a running server.

A separate program, because Prefect reads its settings when it is imported and the supervisor need not import it.
"""

import asyncio
import subprocess
import sys

from prefect.automations import EventTrigger, Posture
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.filesystems import LocalFileSystem
from prefect.workers.process import ProcessWorker

from api.runtime.prefect_server import BLOCK, POOL, PROJECT
from models.settings import get_settings

INCIDENT_FLOW = "raise-incident"
INCIDENT_DEPLOYMENT = f"{INCIDENT_FLOW}/{INCIDENT_FLOW}"
AUTOMATION = "失败的运行 → 异常事项"
RUN_ID = "{{ event.resource.id | replace('prefect.flow-run.', '') }}"
"""Prefect renders parameters as JSON, which `flow_run.id`, a UUID, is not."""


async def ensure_block() -> None:
    """Save the block that keeps results in the data directory."""
    place = get_settings().data_dir / "prefect" / "results"
    place.mkdir(parents=True, exist_ok=True)
    saving = LocalFileSystem(basepath=str(place)).save(BLOCK, overwrite=True)
    if asyncio.iscoroutine(saving):
        await saving


async def ensure_pool(client: PrefectClient) -> None:
    """Create the work pool whose runs are local processes, unless it exists."""
    try:
        await client.create_work_pool(
            WorkPoolCreate(
                name=POOL,
                type=ProcessWorker.type,
                base_job_template=ProcessWorker.get_default_base_job_template(),
            )
        )
    except ObjectAlreadyExists:
        return


async def ensure_automation(client: PrefectClient) -> bool:
    """Let every failed or crashed run start `raise-incident` with its id; False if that is not deployed.

    A run of `raise-incident` itself does not count: one that fails would start the next for ever.
    """
    try:
        deployment = await client.read_deployment_by_name(INCIDENT_DEPLOYMENT)
    except ObjectNotFound:
        return False
    wanted = AutomationCore(
        name=AUTOMATION,
        description="A failed or crashed flow run becomes an incident a person sees, with its error.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={
                "prefect.resource.role": "flow",
                "prefect.resource.name": f"!{INCIDENT_FLOW}",
            },
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[
            RunDeployment(
                deployment_id=deployment.id,
                parameters={"flow_run_id": "{{ event.resource.id | replace('prefect.flow-run.', '') }}"},
            )
        ],
    )
    existing = await client.read_automations_by_name(AUTOMATION)
    if not existing:
        await client.create_automation(wanted)
    elif existing[0].actions != wanted.actions or existing[0].trigger != wanted.trigger:
        await client.update_automation(existing[0].id, wanted)
    return True


async def prepare() -> None:
    """Create the result block and the work pool."""
    await ensure_block()
    async with get_client() as client:
        await ensure_pool(client)


async def deploy() -> None:
    """Apply `prefect.yaml` and create the automation; end with a message if the incident flow is not deployed."""
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=PROJECT,
        check=True,
    )
    async with get_client() as client:
        if not await ensure_automation(client):
            raise SystemExit(f"prefect.yaml does not deploy {INCIDENT_DEPLOYMENT}.")


if __name__ == "__main__":
    asyncio.run({"prepare": prepare, "deploy": deploy}[sys.argv[1]]())
