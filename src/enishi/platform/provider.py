"""The company's provider where it is none of django-allauth's own: whoever comes is who `platform.saml` or `platform.ldap`
says they are.

The library finds this file by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.providers.base import Provider, ProviderAccount


class CompanyProvider(Provider):
    id = "company"
    name = "Company"
    account_class = ProviderAccount

    def extract_uid(self, data: Mapping[str, str]) -> str:
        return data["subject"]

    def extract_extra_data(self, data: Mapping[str, str]) -> dict[str, Any]:
        return {name: data[name] for name in ("issuer", "name", "login")}

    def extract_common_fields(self, data: Mapping[str, str]) -> dict[str, Any]:
        return {}


provider_classes = [CompanyProvider]
