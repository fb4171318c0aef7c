"""Python's collector of garbage in processes that run for months."""

import gc


def settle() -> None:
    """Call once everything is imported: what was made at start-up is no garbage and is never looked through again.

    A full collection of everything the imports made stopped all requests for 200 ms, and it came every few pages; the
    same pages without it took 50. A page or a step makes some thousand objects and hardly one is left to the collector:
    looking after every 700, as Python does, took half as long again as looking after 10,000.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
