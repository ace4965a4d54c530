"""Rules that make sense for most companies in Japan. None is in force before somebody has published it: what is done today without
any rule is what every text goes through anyway (`customers.details.checked`)."""

from __future__ import annotations

from enishi.customers.standards.rule import Rule, Rules


def proposed() -> Rules:
    """Mend what a machine surely knows, tell what it only suspects; nothing is refused."""
    return (
        Rule(key="r1", field="name", check="width", mode="fix", choice="kana_full", example="ｴﾆｼ商店"),
        Rule(key="r2", field="name", check="company_form", mode="fix", choice="long", for_kind="company", example="㈱縁日堂"),
        Rule(key="r3", field="name", check="lookalikes", mode="warn", for_kind="company", example="ソニ一"),
        Rule(key="r4", field="family_name", check="spaces", mode="fix", choice="none", example="山 田"),
        Rule(key="r5", field="given_name", check="spaces", mode="fix", choice="none", example="太 郎"),
        Rule(key="r6", field="family_name", check="lookalikes", mode="warn", example="ニ宮"),
        Rule(key="r7", field="given_name", check="lookalikes", mode="warn", example="ニ郎"),
        Rule(key="r8", field="kana", check="required", mode="warn", for_kind="person"),
        Rule(key="r9", field="street", check="width", mode="fix", choice="digits_half", example="六本木１−２−３"),
        Rule(key="r10", field="street", check="hyphens", mode="fix", choice="half", example="六本木1ー2ー3"),
        Rule(key="r11", field="street", check="lookalikes", mode="warn", example="六本木1一2"),
        Rule(key="r12", field="building", check="width", mode="fix", choice="ascii_half", example="ﾒｿﾞﾝ縁２０１"),
        Rule(key="r13", field="building", check="hyphens", mode="fix", choice="half", example="A棟2－201"),
        Rule(key="r14", field="building", check="lookalikes", mode="warn", example="ハイツ一"),
    )
