"""Chinese, in simplified characters."""

from agent.builtin.phrases.structure import Phrases

PHRASES = Phrases(
    code="zh",
    partly="(部分内容保留了目录中的英文。)",
    openings=("这些可能适合你：", "可以看看这些：", "我推荐这些："),
    openings_known=(
        "根据我对你的了解，推荐这些：",
        "我记得你的喜好，所以推荐这些：",
    ),
    openings_found=("目录里有这些：", "在目录里找到了这些："),
    openings_more=("再看看这些：", "那么也许可以试试这些："),
    hints=("可以问我为什么，也可以说说哪里要改。", "想要更老或更新的，告诉我就行。", ""),
    nothing_found="目录里没有符合条件的。可以去掉一个条件，或者说一个你喜欢的片名。",
    profile="我记得你的这些喜好：",
    ask=("你想要什么样的：搞笑的、紧张的还是浪漫的？", "最近喜欢哪一部？"),
    greeting=("你好。", "你好，很高兴见到你。"),
    thanks=("不客气，还想要别的就告诉我。", "不客气，随时可以再问。"),
    bye=("再见。", "祝你愉快，再见。"),
    shared="与 {other} 都有 {value}",
    linked="与 {other} 有关联",
    liked_by="喜欢 {other} 的人也喜欢它",
    liked_by_simulated="喜欢 {other} 的模拟观众也喜欢它",
    has="目录信息：{values}",
    near="内容描述与 {other} 相近",
    near_wish="内容描述与你的要求相近",
    popular="在目录里很受欢迎",
    popular_simulated="在目录里很受模拟观众欢迎",
    why="为什么推荐 **{label}**：",
    conjunction="和",
    conjunction_of_clauses="，",
    comma="、",
    stop="。",
    joint="：",
)
