"""Where people are signed in: one row a session, so that they can be listed and ended."""

from __future__ import annotations

from django.db import models

from enishi.platform.models.people import User
from enishi.platform.privacy import classify


class UserSession(models.Model):
    """ログイン中の端末. The session itself is Django's; this row says whose it is, from where, and when it was last used."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    started_at = models.DateTimeField(help_text="By the clock on the wall, as the two limits are.")
    seen_at = models.DateTimeField(help_text="The last request, to within five minutes.")
    ip = models.GenericIPAddressField()
    agent = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=20, blank=True, help_text="password, totp, webauthn, recovery_codes, oidc, link; empty: not told.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "started_at", "seen_at", "ip", "agent", "method"), secret=("session_key",))

    class Meta:
        indexes = [models.Index(fields=["user"], name="user_session_by_user")]
