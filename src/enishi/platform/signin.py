"""Signing in by django-allauth: nobody signs up by themselves; accounts are made by an administrator."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from enishi.platform.models import User


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return "/accounts/login/"


class ActiveUserBackend(BaseBackend):
    """Loads the user of a session; one who was switched off is signed out at the next request."""

    def get_user(self, user_id: int) -> User | None:
        return User.rows.filter(pk=user_id, is_active=True).first()


def display_name(user: User) -> str:
    return user.display_name
