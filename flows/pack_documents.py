"""打包下载: downloads that were too large for the click are packed here, in the pool."""

import asyncio

from prefect import flow

from flows.documents.packing import pack_waiting


@flow(name="pack-documents", description="打包待下载的文书", persist_result=False)
async def pack_documents() -> int:
    """Pack what waits; how many downloads were finished."""
    return await asyncio.to_thread(pack_waiting)
