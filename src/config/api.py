"""The API under /api/v1/: the routers of the apps, one kind of token, one form of refusal."""

from __future__ import annotations

from ninja import NinjaAPI

from enishi.analytics.api import router as analyses
from enishi.customers.api.activities import router as activities
from enishi.customers.api.activities import tasks
from enishi.customers.api.contacts import router as contacts
from enishi.customers.api.customers import router as customers
from enishi.customers.api.fields import router as fields
from enishi.customers.api.files import router as files
from enishi.customers.api.merging import router as merging
from enishi.customers.api.relations import router as relations
from enishi.customers.api.shares import router as shares
from enishi.customers.api.twins import router as twins
from enishi.platform.api import API_NAMESPACE, TokenAuth, install_refusals

api = NinjaAPI(
    title="Enishi API",
    version="1",
    description="Customers, duplicates, merges, contact points, relations, shares, consents, tags, activities, tasks, files and analyses, by the"
    " rights of the screens.",
    urls_namespace=API_NAMESPACE,
    auth=TokenAuth(),
    docs_url=None,
    openapi_url=None,  # given to staff on the page of the tokens
)
install_refusals(api)
api.add_router("/customers", merging, tags=["merging"])  # its addresses have words of their own, before `/{key}`
api.add_router("/customers", customers, tags=["customers"])
api.add_router("/customers", contacts, tags=["contacts"])
api.add_router("/customers", relations, tags=["relations"])
api.add_router("/customers", shares, tags=["shares"])
api.add_router("/customers", activities, tags=["activities"])
api.add_router("/customers", files, tags=["files"])
api.add_router("/duplicates", twins, tags=["duplicates"])
api.add_router("/tasks", tasks, tags=["tasks"])
api.add_router("/fields", fields, tags=["fields"])
api.add_router("/analyses", analyses, tags=["analyses"])
