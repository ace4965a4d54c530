"""Expected refusals. Anything else that is raised is a bug and rises to the log.

Each refusal has a stable `code` and a message that can be shown to the user as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ActionError(Exception):
    """Something the user asked for is refused; HTTP 409 unless a child says otherwise."""

    code: str = "refused"
    message: str | Promise = _("この操作はできません。")
    status: int = 409
    about: tuple[str, int] | None = None  # the object and the id of the record that is refused, where the wall knows; for the log

    def __init__(self, message: str | Promise | None = None, *, code: str | None = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message)

    @classmethod
    def of(cls, object_key: str, pk: int) -> Self:
        """This refusal, of one record."""
        refusal = cls()
        refusal.about = (object_key, pk)
        return refusal


class NotFound(ActionError):
    """There is no such record, or this actor may not know that there is one."""

    code = "not_found"
    message = _("見つかりません。削除されたか、見る権限がありません。")
    status = 404


class NotAllowed(ActionError):
    """The record is visible, the act is not in the actor's roles."""

    code = "not_allowed"
    message = _("この操作をする権限がありません。管理者に確認してください。")
    status = 403


class ReadsNotLogged(ActionError):
    """What starts from personal data in clear stays shut while nobody could tell afterwards who saw it."""

    code = "reads_not_logged"
    message = _("閲覧の記録を書けないため、いまは開けません。管理者に知らせてください。")


class Invalid(ActionError):
    """Bad input. `fields` maps a field name to its messages; "" holds what belongs to no field."""

    code = "invalid"
    message = _("入力内容を確認してください。")
    status = 422

    def __init__(
        self, message: str | Promise | None = None, *, fields: Mapping[str, Sequence[str | Promise]] | None = None, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.fields: dict[str, list[str]] = {name: [str(text) for text in texts] for name, texts in (fields or {}).items()}


class NoActor(RuntimeError):
    """A bug: somebody asked a protected table without saying on whose behalf."""
