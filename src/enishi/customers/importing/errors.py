"""Why a file cannot be read, each with what its owner can do about it."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import ActionError


class UnreadableFile(ActionError):
    """The file as a whole is refused. `advice` says what to do; both texts are fit for the user."""

    code = "file.unreadable"
    message: str | Promise = _("このファイルは読み取れません。")
    advice: str | Promise = _("CSV（UTF-8 または Shift_JIS）か Excel（.xlsx）で保存し直してください。")
    status = 422

    def __init__(self, **details: Any) -> None:
        super().__init__()
        self.details = details
        if details:
            self.message = str(type(self).message) % details
            self.advice = str(type(self).advice) % details


class EmptyFile(UnreadableFile):
    code = "file.empty"
    message = _("ファイルが空です。")
    advice = _("書き出しが終わる前に保存されたのかもしれません。もう一度書き出してから選び直してください。")


class NoDataRows(UnreadableFile):
    code = "file.no_rows"
    message = _("見出しの行はありますが、データの行がありません。")
    advice = _("抽出条件を確かめて、もう一度書き出してください。")


class BinaryFile(UnreadableFile):
    code = "file.binary"
    message = _("文字の表ではないファイルです（%(kind)s）。")
    advice = _("元のソフトで開き、CSV か Excel（.xlsx）で保存し直してください。")


class CompressedFile(UnreadableFile):
    code = "file.compressed"
    message = _("圧縮されたファイルです（%(kind)s）。")
    advice = _("展開して、中の CSV か Excel ファイルを選んでください。")


class OldExcelFile(UnreadableFile):
    code = "file.old_excel"
    message = _("古い形式の Excel ファイル（.xls）です。")
    advice = _("Excel で開き、「名前を付けて保存」で「Excel ブック（.xlsx）」を選んで保存し直してください。")


class ProtectedFile(UnreadableFile):
    code = "file.protected"
    message = _("パスワードで保護された Excel ファイルです。")
    advice = _("Excel で開き、「ファイル」→「情報」→「ブックの保護」でパスワードを外して保存し直してください。")


class HtmlFile(UnreadableFile):
    code = "file.html"
    message = _("中身はウェブページ（HTML）です。拡張子が .xls や .csv でも表のデータではありません。")
    advice = _("Excel で開き、「Excel ブック（.xlsx）」で保存し直してください。ログイン画面が保存されていないかも確かめてください。")


class LineTooLong(UnreadableFile):
    code = "file.line_too_long"
    message = _("%(line)s行目が長すぎます（1行は1MBまで）。")
    advice = _("改行のないファイルか、表ではないファイルです。区切りと改行を確かめて書き出し直してください。")


class TooManyColumns(UnreadableFile):
    code = "file.too_many_columns"
    message = _("列が%(count)s列あります（%(limit)s列まで）。")
    advice = _("必要な列だけにして保存し直してください。区切り文字が違う場合もあります。")


class UnsafeArchive(UnreadableFile):
    code = "file.unsafe_archive"
    message = _("Excel ファイルの中身が大きすぎるか、壊れています。")
    advice = _("不要なシートや画像、書式だけの行を消して保存し直すか、CSV で保存してください。")


class NoSheet(UnreadableFile):
    code = "file.no_sheet"
    message = _("Excel ファイルに表のあるシートがありません。")
    advice = _("表のあるシートを表示した状態で保存し直してください。")


class UnknownEncoding(UnreadableFile):
    code = "file.unknown_encoding"
    message = _("文字コードが分かりません。")
    advice = _("Excel では「CSV UTF-8（コンマ区切り）」を選んで保存し直してください。")
