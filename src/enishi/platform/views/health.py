"""/healthz: the process answers. /readyz: everything it needs is there."""

from __future__ import annotations

import shutil
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from enishi.platform.guards import public
from enishi.platform.http import require_safe


@require_safe
@public("a probe; says nothing but ok")
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"ok": True})


@require_safe
@public("a probe; says which part is missing, nothing of its content")
def readyz(request: HttpRequest) -> JsonResponse:
    checks = {"database": False, "migrations": False, "disk": False}
    try:
        connection.ensure_connection()
        checks["database"] = True
        executor = MigrationExecutor(connection)
        checks["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        pass
    with suppress(OSError):  # a data folder that is gone
        disk = shutil.disk_usage(settings.DATA_DIR)
        checks["disk"] = disk.free > min(disk.total * 0.05, 500_000_000)
    ready = all(checks.values())
    return JsonResponse({"ready": ready, **checks}, status=200 if ready else 503)
