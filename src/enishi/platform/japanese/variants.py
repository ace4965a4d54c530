"""Kanji that are written in more than one way in names and addresses.

The table is for matching only: 髙橋 finds 高橋. What a person wrote is stored as they wrote it. It holds what
Unicode's NFKC does not fold: old forms (旧字体), forms of family registers (髙, 﨑, 𠮷), and the few letters that
people of one name use side by side (斎/斉/齋/齊, 辺/邊/邉).

Sources: the forms in brackets of the list of 常用漢字 (Cabinet notice 2 of 2010) and the tables of 人名用漢字 (appendix to the
Family Register Act's regulation) for old forms; the shared readings of 戸籍統一文字 and JIS X 0213 for forms of registers. Surnames
that are told apart in spite of one origin (坂/阪, 畑/畠, 脇/脅) are not in it.
"""

from __future__ import annotations

from typing import Final

# The common form, then everything that counts as it. Grouped as one would look them up.
_NAME_FORMS: Final = """
高髙 崎﨑嵜﨏碕 浜濱濵 辺邊邉 斎斉齋齊 沢澤 広廣 国國圀 島嶋嶌㠀 桑桒 吉𠮷 土圡𡈽 喜㐂憙 柳栁桺 橋𣘺槗 館舘 峰峯 富冨 渕淵渊
曽曾 槙槇 穂穗 梅楳 桧檜 昼晝 菊蘜 鎌鐮 徳德悳 恵惠 静靜 清淸 増增 黒黑 横橫 竜龍 滝瀧 園薗 藤籐 桜櫻 真眞 栄榮 寿壽 円圓 蔵藏
児兒 瀬瀨 頼賴 弥彌 礼禮 与與 条條 応應 鉄鐵鉃銕 遥遙 凛凜 亜亞 尭堯 巌巖嵒 聡聰 戸戶 郷鄕鄉 鴎鷗 鴬鶯 浅淺 芦蘆 総總 晋晉 満滿
誉譽 塩鹽 会會 学學斈 実實 万萬 県縣 証證 寛寬 繁緐 葛𦹀 祇祗 莱萊 蝋蠟 竈竃 籠篭 靱靭 侠俠 頬頰 掻搔 蝉蟬 諫諌 闘鬪 鯵鰺 麺麵
彦彥 産產 皐皋臯 煕熙凞 達逹 昇曻 哲喆 啓啟 涌湧 涼凉 沖冲 雁鴈 卯夘 禰祢 皓晧 勲勛 舗舖 峨峩 雑襍 隣鄰 麻蔴 厨廚 厩廐廏 毘毗 珍珎 禄祿
柏栢 萌萠 蓑簑 裏裡 麦麥 穣穰 醸釀 虎乕 氷冰 耕畊 群羣 廻迴 宝寳
麹麴 鉱礦砿 薮藪籔 岳嶽 岩嵓 野埜 秋穐 松枩 船舩 床牀 杉杦 荘莊 砺礪 鷲鵰 鶴靏靍鸖 鷹鹰 兎兔
"""

_OLD_FORMS: Final = """
悪惡 圧壓 囲圍 為爲 医醫 壱壹 稲稻 飲飮 隠隱 栄榮 営營 衛衞 駅驛 縁緣 艶艷 奥奧 欧歐 殴毆 穏穩 仮假 価價 画畫 壊壞 懐懷 絵繪
拡擴 殻殼 覚覺 楽樂 渇渴 缶罐 巻卷 陥陷 勧勸 関關 歓歡 観觀 気氣 帰歸 亀龜 偽僞 戯戲 犠犧 旧舊 拠據 挙擧 虚虛 峡峽 挟挾 狭狹
暁曉 区區 駆驅 勲勳 薫薰 径徑 茎莖 渓溪 経經 蛍螢 軽輕 継繼 鶏鷄 芸藝 撃擊 欠缺 倹儉 剣劍劒 圏圈 検檢 権權 献獻 険險 顕顯 験驗
厳嚴 効效 恒恆 号號 済濟 砕碎 歳歲 剤劑 雑雜 参參 桟棧 蚕蠶 惨慘 賛贊 残殘 糸絲 歯齒 辞辭 湿濕 写寫 釈釋 収收 従從 渋澁 獣獸
縦縱 粛肅 処處 叙敍 将將 称稱 焼燒 奨奬 乗乘 剰剩 浄淨 縄繩 壌壤 嬢孃 譲讓 畳疊 嘱囑 触觸 寝寢 慎愼 尽盡 図圖 粋粹 酔醉 随隨
髄髓 枢樞 数數 声聲 摂攝 窃竊 専專 戦戰 践踐 銭錢 潜潛 繊纖 禅禪 双雙 壮壯 争爭 捜搜 挿插 装裝 騒騷 臓臟 属屬 続續 堕墮 対對
体體 帯帶 滞滯 台臺 択擇 担擔 単單 胆膽 団團 断斷 弾彈 遅遲 痴癡 虫蟲 鋳鑄 庁廳 聴聽 勅敕 鎮鎭 逓遞 点點 転轉 伝傳 灯燈 当當
党黨 盗盜 独獨 読讀 届屆 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 発發 髪髮 抜拔 蛮蠻 秘祕 浜濱 瓶甁 払拂 仏佛 並竝 併倂 変變 弁辨辯瓣 歩步
宝寶 豊豐 褒襃 翻飜 毎每 黙默 訳譯 薬藥 予豫 余餘 揺搖 様樣 謡謠 来來 乱亂 覧覽 両兩 猟獵 緑綠 塁壘 励勵 隷隸 霊靈 齢齡 暦曆
歴歷 恋戀 錬鍊 炉爐 労勞 楼樓 録錄 湾灣 内內 呉吳 青靑 郎郞 杯盃 姫姬 繋繫 桝枡 強强 冴冱 即卽 舎舍 徴徵 翠翆 既旣 概槪
顔顏 姉姊 温溫 倶俱 決决 況况 弐貳 略畧 畝畆 猫貓 草艸
鋭銳 説說 税稅 脱脫 悦悅 閲閱 緒緖 涙淚
"""


def variant_table() -> dict[int, str]:
    """Code point of a variant → its common form. A form that is itself a variant is followed to the end."""
    common: dict[str, str] = {}
    for group in (_NAME_FORMS + _OLD_FORMS).split():
        for variant in group[1:]:
            common.setdefault(variant, group[0])
    return {ord(variant): _final(common, head) for variant, head in common.items()}


def _final(common: dict[str, str], head: str) -> str:
    seen = {head}
    while head in common and common[head] not in seen:
        head = common[head]
        seen.add(head)
    return head
