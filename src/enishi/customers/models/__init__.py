"""The customer base: one customer, one id, one timeline."""

from enishi.customers.models.access_requests import AccessRequest
from enishi.customers.models.activities import Activity, ActivityGrams, Comment, Mention, Task
from enishi.customers.models.bookmarks import Favourite, Visit
from enishi.customers.models.bulk import BulkRow, BulkRun
from enishi.customers.models.consent import ConsentPurpose, ConsentRecord, ConsentState, ConsentWording, Suppression
from enishi.customers.models.contacts import ContactPoint
from enishi.customers.models.customer import Customer, CustomerAlias, CustomerTag, Identity, Tag
from enishi.customers.models.exports import ExportChunk, ExportRun
from enishi.customers.models.fields import CustomField, FormLayout
from enishi.customers.models.files import CustomerFile
from enishi.customers.models.imports import ImportResult, ImportRow, ImportRun, ImportUndo, ImportUndoRow
from enishi.customers.models.merge_batches import MergeBatch, MergeBatchRow
from enishi.customers.models.merging import Merge, MergeEntry
from enishi.customers.models.quality import QualityFigure, QualityMark, QualityRun
from enishi.customers.models.relations import Relation, RelationType
from enishi.customers.models.standards import StandardBook
from enishi.customers.models.trades import TradeUse
from enishi.customers.models.twins import TwinKey, TwinPair, TwinSearch
from enishi.customers.models.views import ListSetting, SavedView

__all__ = [
    "AccessRequest",
    "Activity",
    "ActivityGrams",
    "BulkRow",
    "BulkRun",
    "Comment",
    "ConsentPurpose",
    "ConsentRecord",
    "ConsentState",
    "ConsentWording",
    "ContactPoint",
    "CustomField",
    "Customer",
    "CustomerAlias",
    "CustomerFile",
    "CustomerTag",
    "ExportChunk",
    "ExportRun",
    "Favourite",
    "FormLayout",
    "Identity",
    "ImportResult",
    "ImportRow",
    "ImportRun",
    "ImportUndo",
    "ImportUndoRow",
    "ListSetting",
    "Mention",
    "Merge",
    "MergeBatch",
    "MergeBatchRow",
    "MergeEntry",
    "QualityFigure",
    "QualityMark",
    "QualityRun",
    "Relation",
    "RelationType",
    "SavedView",
    "StandardBook",
    "Suppression",
    "Tag",
    "Task",
    "TradeUse",
    "TwinKey",
    "TwinPair",
    "TwinSearch",
    "Visit",
]
