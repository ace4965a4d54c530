"""Which templates of trades a company has used, and taken back."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class TradeUse(models.Model):
    """One use of a template. What it added stands under its change set; it is taken back once, as a whole."""

    class Left(models.TextChoices):
        """What stayed when it was taken back, and why."""

        HOLDS_DATA = "holds_data", _("入力ずみの値があるため、項目を残して使用をやめました")
        ASKED = "asked", _("ほかのビューの条件に使われているため、項目を残して使用をやめました")
        NARROWS = "narrows", _("ほかの項目の選択肢を絞り込んでいるため、使い続けています")
        VIEW_CHANGED = "view_changed", _("あとから変更されているため、ビューを残しました")
        WORD_CHANGED = "word_changed", _("あとから変更されているため、呼び方を残しました")
        FORM_CHANGED = "form_changed", _("あとから変更されているため、フォームはなくなった項目だけを外しました")

    trade = models.CharField(max_length=20, help_text="Key of the template.")
    change_set = models.ForeignKey("platform.ChangeSet", models.PROTECT, related_name="+")
    used_at = models.DateTimeField()
    used_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    left = models.JSONField(default=list, blank=True, help_text='What stayed: [{"what", "why"}], `why` one of Left.')

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "trade", "change_set", "used_at", "used_by", "undone_at", "undone_by", "left"))
