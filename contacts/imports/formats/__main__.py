"""The child process: reads one file that may be made to harm, and writes one table of it.

It is started by `sandbox.py` with an empty environment: it has no address of a database, no key, and cannot
open a connection. What it may use is limited by `limits.py`. A request comes on standard input as JSON; lines
of progress and then the answer leave on standard output.
"""

from __future__ import annotations

import ctypes
import errno
import json
import signal
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2): ended by the kernel when the parent dies
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ftplib.")


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    request = json.load(sys.stdin)
    _set_up(request["language"])
    from contacts.imports.formats import converting, limits

    sys.addaudithook(_refuse)
    limits.limit_process(request["seconds"])
    limits.allow_memory(limits.WORKING_MEMORY)
    _say(_answer(converting.convert, request))


def _answer(convert: Any, request: dict[str, Any]) -> dict[str, Any]:
    from contacts.imports.errors import ImportProblem

    try:
        answer: dict[str, Any] = convert(converting_request(request), report=_report)
    except ImportProblem as problem:
        return {"refused": str(problem)}
    except MemoryError:
        return {"failed": "memory"}
    except OSError as error:
        if error.errno in (errno.EFBIG, errno.ENOSPC, errno.EDQUOT):
            return {"failed": "disk"}
        raise
    return answer


def converting_request(request: dict[str, Any]) -> Any:
    from contacts.imports.formats.converting import Request

    return Request(
        path=Path(request["path"]),
        out=Path(request["out"]),
        work=Path(request["work"]),
        sheet=request["sheet"],
        head=request["head"],
    )


def _set_up(language: str) -> None:
    """Django's messages, and nothing else of it."""
    import django
    from django.conf import settings
    from django.utils import translation

    locale = Path(__file__).resolve().parents[3] / "locale"
    settings.configure(USE_I18N=True, LANGUAGE_CODE=language, LOCALE_PATHS=[locale], INSTALLED_APPS=[])
    django.setup(set_prefix=False)
    translation.activate(language)


def _refuse(event: str, _arguments: object) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not for this process.")


def _report(done: int, total: int) -> None:
    _say({"done": done, "total": total})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
