"""The twelve finished campaigns: to whom, why, what was learnt, and what they truly did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from enishi.platform.demo.world import truth
from enishi.platform.demo.world.goods import DASHI, GIFT, SWEETS, TEA


class Audience(StrEnum):
    EVERYBODY = "everybody"
    STEADY = "steady"  # コツコツ: two purchases or more over 90 days
    DORMANT = "dormant"  # no purchase for 180 days
    ONE_PURCHASE = "one_purchase"  # the only one 45 to 100 days ago
    BORN_NEXT_MONTH = "born_next_month"
    GIVERS = "givers"  # have sent お歳暮 or お中元
    MALL = "mall"
    DASHI_REFILL = "dashi_refill"  # だし buyers, 35 to 100 days after the last purchase
    KAMAKURA = "kamakura"
    RECENT = "recent"  # a purchase within the year


class Verdict(StrEnum):
    KEEP = "keep"  # 続ける
    STOP = "stop"  # やめる
    RETEST = "retest"  # もう一度試す


@dataclass(frozen=True, slots=True)
class Plan:
    key: str
    name: str
    subject: str
    preheader: str
    headline: str
    body: str
    button: str
    path: str  # below the shop's address
    month: int
    day: int
    hour: int
    audience: Audience
    lift: float  # points of one, of purchases within GOAL_DAYS among those who can be reached
    verdict: Verdict
    hypothesis: str
    result: str
    lesson: str
    sends: int = 1
    gap_days: int = 4  # between the sends of a series
    category: int = TEA  # what the purchases it brings are about
    discount_bp: int = 0
    click_factor: float = 1.0
    unsubscribe_rate: float = 0.0012
    control_share: float = 0.2
    rush: float = 0.0  # share of all active customers who buy in the goal days, mailed or not
    pulls_forward: float = 0.0  # share of the purchases of the next weeks that happen in the goal days instead


SHOP_URL: Final = "https://shop.ennichido.example"

PLANS: Final = (
    Plan(
        key="shincha",
        name="新茶先行案内",
        subject="{{ customer.family_name }}様へ　新茶のご予約を、一足先に",
        preheader="八十八夜の新茶、今年の出来ばえをお知らせします",
        headline="今年の新茶が、もうすぐ届きます",
        body="いつもお茶をお選びいただきありがとうございます。店頭に並ぶ前に、先行してご予約を承ります。",
        button="新茶を予約する",
        path="/shincha",
        month=4,
        day=24,
        hour=18,
        audience=Audience.STEADY,
        lift=truth.SHINCHA_LIFT,
        verdict=Verdict.KEEP,
        hypothesis="続けて買う人は、割引よりも「先に知る」ことを喜ぶ。",
        result="先に知らせた人のほうが多く買った。割引なし。",
        lesson="コツコツには先行案内。来年は二番茶でも行う。",
        click_factor=1.3,
    ),
    Plan(
        key="summer_sale",
        name="全員10％OFF 夏セール",
        subject="【7日間だけ】全品10％OFF 夏のご優待",
        preheader="お買い物かごで自動的に10％引きになります",
        headline="夏のご優待　全品10％OFF",
        body="日頃のご愛顧に感謝して、7日間だけ全品10％引きでご用意しました。",
        button="セールを見る",
        path="/sale",
        month=7,
        day=10,
        hour=12,
        audience=Audience.EVERYBODY,
        lift=truth.SUMMER_SALE_LIFT,
        verdict=Verdict.STOP,
        hypothesis="全員に割引を知らせれば、売上が増える。",
        result="クリック後の売上は大きいが、比べた人たちも同じだけ買った。粗利は割引の分だけ減った。",
        lesson="参考値で判断しない。全員への割引はやめる。",
        category=-1,
        discount_bp=1000,
        click_factor=1.6,
        unsubscribe_rate=0.003,
        pulls_forward=0.40,
        rush=0.33,
    ),
    Plan(
        key="dormant_coupon",
        name="休眠クーポン 週2回",
        subject="お久しぶりです。300円クーポンをお届けします",
        preheader="今週かぎり",
        headline="またお会いできますように",
        body="ご無沙汰しております。お好きな品に使える300円のクーポンをお届けします。",
        button="クーポンを使う",
        path="/coupon",
        month=9,
        day=1,
        hour=10,
        audience=Audience.DORMANT,
        lift=truth.DORMANT_COUPON_LIFT,
        verdict=Verdict.STOP,
        hypothesis="回数を増やせば、休眠の人が戻る。",
        result="戻った人は増えず、配信停止が8回で1割を超えた。",
        lesson="休眠への回数は月1回まで。",
        sends=8,
        gap_days=4,
        category=-1,
        click_factor=0.6,
        unsubscribe_rate=0.016,
    ),
    Plan(
        key="f2_day60",
        name="2回目のご案内（60日後）",
        subject="その後、お味はいかがでしたか",
        preheader="2回目のお買い物に使えるご案内です",
        headline="2回目もどうぞお気軽に",
        body="はじめてのお買い物から2か月がたちました。お好みに近い品をお選びしました。",
        button="おすすめを見る",
        path="/second",
        month=10,
        day=5,
        hour=20,
        audience=Audience.ONE_PURCHASE,
        lift=0.003,
        verdict=Verdict.RETEST,
        hypothesis="60日たてば、2回目を考える。",
        result="差があるとは言えない。2回目は24日目がいちばん多く、60日後では遅い。",
        lesson="24日目に送って、もう一度試す。",
    ),
    Plan(
        key="birthday",
        name="誕生月のお茶",
        subject="{{ customer.family_name }}様、お誕生月おめでとうございます",
        preheader="お祝いの一服をお届けします",
        headline="お誕生月のお祝いに",
        body="お誕生月に合わせて、小さなお茶の包みをご用意しました。お買い物に添えてお届けします。",
        button="受け取る",
        path="/birthday",
        month=8,
        day=28,
        hour=9,
        audience=Audience.BORN_NEXT_MONTH,
        lift=0.022,
        verdict=Verdict.KEEP,
        hypothesis="誕生月は、割引より贈り物が喜ばれる。",
        result="知らせた人のほうが多く買った。月ごとには少人数なので、続けて数える。",
        lesson="毎月続ける。",
        click_factor=1.4,
    ),
    Plan(
        key="kuri",
        name="栗きんとん 予約開始",
        subject="栗きんとんのご予約を始めました",
        preheader="今年の栗は粒がそろっています",
        headline="栗きんとん、今年も",
        body="新栗だけで炊いた栗きんとんのご予約を承ります。お届けは来週からです。",
        button="栗きんとんを予約する",
        path="/kuri",
        month=9,
        day=17,
        hour=18,
        audience=Audience.RECENT,
        lift=0.019,
        verdict=Verdict.KEEP,
        hypothesis="季節の品は、知らせるだけで買われる。",
        result="知らせた人のほうが多く買った。",
        lesson="季節の予約は一度だけ、早めに送る。",
        category=SWEETS,
        click_factor=1.2,
    ),
    Plan(
        key="oseibo",
        name="お歳暮 早期割引のご案内",
        subject="お歳暮、11月中のご注文で5％引き",
        preheader="昨年お届けになった方の控えもご覧になれます",
        headline="お歳暮の早期割引",
        body="11月中のご注文は5％引きで承ります。のし・お届け日のご指定もどうぞ。",
        button="お歳暮を選ぶ",
        path="/oseibo",
        month=11,
        day=8,
        hour=11,
        audience=Audience.GIVERS,
        lift=0.006,
        verdict=Verdict.RETEST,
        hypothesis="早めの割引で、お歳暮の注文が前に動く。",
        result="前に動いただけか、増えたのか、人数が足りず言えない。",
        lesson="割引なしの早期案内と比べて、もう一度試す。",
        category=GIFT,
        discount_bp=500,
        click_factor=1.3,
    ),
    Plan(
        key="mothers_day",
        name="母の日 お茶と花手ぬぐい",
        subject="母の日に、お茶と花手ぬぐいを",
        preheader="ご注文は5月6日まで",
        headline="母の日の贈りもの",
        body="お母様へ、お茶と花柄の手ぬぐいを一箱に。メッセージカードを添えてお届けします。",
        button="贈りものを選ぶ",
        path="/mother",
        month=4,
        day=30,
        hour=19,
        audience=Audience.RECENT,
        lift=0.015,
        verdict=Verdict.KEEP,
        hypothesis="締切を書けば、迷っている人が決める。",
        result="知らせた人のほうが多く買った。",
        lesson="締切は件名でなくプレヘッダーに書く。",
        category=GIFT,
        click_factor=1.1,
    ),
    Plan(
        key="chocolat",
        name="抹茶ショコラ",
        subject="抹茶ショコラ、ことしの缶ができました",
        preheader="2月10日までのご注文で14日に間に合います",
        headline="抹茶ショコラ",
        body="宇治抹茶をたっぷり使ったショコラを、ことしの缶でお届けします。",
        button="ショコラを見る",
        path="/chocolat",
        month=1,
        day=28,
        hour=12,
        audience=Audience.RECENT,
        lift=0.007,
        verdict=Verdict.RETEST,
        hypothesis="ふだんお茶を買う人も、2月は菓子を買う。",
        result="わずかに増えたが、差があるとは言えない。",
        lesson="和菓子の購入者だけに絞って、もう一度試す。",
        category=SWEETS,
    ),
    Plan(
        key="mall_welcome",
        name="楽天からのお客様へ",
        subject="公式オンラインショップのご案内",
        preheader="公式ショップだけの詰め合わせがあります",
        headline="公式ショップへようこそ",
        body="モールでのお買い物をありがとうございます。公式ショップだけの品をご紹介します。",
        button="公式ショップを見る",
        path="/welcome",
        month=6,
        day=5,
        hour=12,
        audience=Audience.MALL,
        lift=0.0005,
        verdict=Verdict.STOP,
        hypothesis="モールの客は、知らせれば公式ショップに移る。",
        result="変わらなかった。モールの2回目購入は9％のまま。",
        lesson="モールの客への案内はやめ、同梱のしおりに替える。",
        click_factor=0.7,
        unsubscribe_rate=0.004,
    ),
    Plan(
        key="dashi_refill",
        name="だしが切れるころに",
        subject="そろそろ、だしが切れるころではありませんか",
        preheader="いつもの30袋を、2回のクリックで",
        headline="いつものだしを、切らさずに",
        body="前回のお買い物からひと月半。いつもの縁日だしをすぐにお届けします。",
        button="いつものだしを注文する",
        path="/refill",
        month=10,
        day=20,
        hour=19,
        audience=Audience.DASHI_REFILL,
        lift=0.050,
        verdict=Verdict.KEEP,
        hypothesis="使い切るころに知らせれば、買い忘れが減る。",
        result="知らせた人のほうが多く買った。",
        lesson="60日を過ぎる前に、自動で送る。",
        category=DASHI,
        click_factor=1.5,
    ),
    Plan(
        key="weekend_new",
        name="週末の新着（鎌倉小町店）",
        subject="今週末の小町店",
        preheader="上生菓子と新しい手ぬぐいが届きました",
        headline="今週末の小町店",
        body="今週末は上生菓子を四種、新しい手ぬぐいを二柄ご用意してお待ちしております。",
        button="店舗のご案内を見る",
        path="/kamakura",
        month=8,
        day=21,
        hour=17,
        audience=Audience.KAMAKURA,
        lift=-0.001,
        verdict=Verdict.STOP,
        hypothesis="新着を知らせれば、週末の来店が増える。",
        result="来店は変わらず、配信停止が増えた。",
        lesson="店の客には、声をかける人から一言のほうがよい。",
        category=-1,
        unsubscribe_rate=0.006,
        click_factor=0.8,
    ),
)
PLAN: Final = {plan.key: plan for plan in PLANS}
FINISHED_BEFORE_DAYS: Final = 21
