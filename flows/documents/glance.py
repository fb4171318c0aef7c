"""Looking into a Word file somebody uploaded, in a process of its own: it may be made to exhaust memory or time.

``python -m flows.documents.glance`` reads a .docx from standard input and writes it as HTML (`preview.preview_html`,
which escapes everything). `word` starts it under limits.
"""

import os
import resource
import subprocess
import sys

WALL_SECONDS = 10
CPU_SECONDS = 5
MEMORY = 512 * 1024 * 1024
MOST_OUTPUT = 4_000_000


def word(data: bytes) -> str | None:
    """The document as HTML, or None if it cannot be shown within the limits. Never raises for what is in the file."""
    inherited = {
        key: os.environ[key] for key in ("PATH", "LANG", "PYTHONPATH", "VIRTUAL_ENV") if key in os.environ
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "flows.documents.glance"],
            input=data,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={**inherited, "PYTHONUTF8": "1"},
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0 or not 0 < len(done.stdout) <= MOST_OUTPUT:
        return None
    return done.stdout.decode("utf-8")


def main() -> None:
    """Read, write, and be killed by the limits if need be."""
    from flows.documents.preview import preview_html

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(preview_html(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
