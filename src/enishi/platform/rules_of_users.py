"""A user together with what the company asks of them at every request, in the one query that loads them."""

from __future__ import annotations

import re

from allauth.mfa.models import Authenticator
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Subquery

from enishi.platform.models import IdentityProvider, Organisation, User, UserRole
from enishi.platform.second_factor import SECOND


def active_user(user_id: int | None) -> User | None:
    """The active user with `second_factor_from`, the day from which the company asks for a second factor, `has_second_factor`, `company_vouches`
    for it where they come by the company's account, and `company_networks` and `role_networks`, from where they may work. One query."""
    company = Organisation.rows.all()[:1]
    narrow = UserRole.rows.filter(user_id=OuterRef("pk")).exclude(role__networks=[])
    users = User.rows.annotate(
        second_factor_from=Subquery(company.values("second_factor_from")),
        has_second_factor=Exists(Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=SECOND)),
        company_vouches=Exists(IdentityProvider.rows.filter(is_on=True, trusts_second_factor=True)),
        company_networks=Subquery(company.values("networks")),
        role_networks=ArraySubquery(narrow.values("role__networks")),
    )
    return users.filter(pk__in=[user_id], is_active=True).first()


def free_login(wanted: str) -> str:
    """A login that nobody has, made of what stands before an @: a name to sign in by where the company's accounts are off, never what
    links anybody. One query."""
    base = re.sub(r"[^a-z0-9._-]", "", wanted.partition("@")[0].lower())[:50] or "user"
    taken = set(User.rows.filter(username__startswith=base).values_list("username", flat=True))
    return next(name for number in range(len(taken) + 2) if (name := base if not number else f"{base}-{number + 1}") not in taken)
