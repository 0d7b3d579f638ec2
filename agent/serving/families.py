"""Which flags of vLLM make the tool calls of a model family readable?

Read from vLLM's pages "Tool calling" and "Reasoning outputs", and from its recipes, as of vLLM 0.28.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

NO_THINKING = '{"enable_thinking": false}'
"""Thought before an answer takes hundreds of tokens, and the agent's answers have `TASTEGRAPH_LLM_MAX_TOKENS`."""


class Family(BaseModel):
    """Models that write their tool calls alike."""

    model_config = ConfigDict(frozen=True)

    name: str
    parser: str
    """vLLM's `--tool-call-parser`."""
    types: frozenset[str] = frozenset()
    """`model_type` of their config.json; empty: the name alone tells them."""
    pattern: str = ""
    """Searched in the lower-case name; empty: the type alone tells them."""
    reasoning: str | None = None
    """vLLM's `--reasoning-parser`, for models that think first."""
    template_arguments: str | None = None
    """vLLM's `--default-chat-template-kwargs`, as JSON."""
    flags: tuple[str, ...] = ()
    """What else they are started with."""
    note: str = ""
    """What the person who starts one must know."""

    def fits(self, name: str, model_type: str) -> bool:
        """Whether a model of this name and `model_type` (empty when not known) is one of these."""
        named = bool(re.search(self.pattern, name)) if self.pattern else True
        typed = model_type in self.types if self.types and model_type else bool(self.pattern)
        return named and typed


def _template(file: str) -> str:
    return (
        f"vLLM advises its own chat template for these models: give the file examples/{file} of its repository with "
        "--chat-template."
    )


UNKNOWN = Family(
    name="unknown",
    parser="hermes",
    note="This model is of no family known here. The parser hermes is assumed, which reads "
    '<tool_call>{"name": ..., "arguments": ...}</tool_call>. If the model\'s card names another, give it with '
    "--parser; `tastegraph doctor` says whether tool calls come through.",
)
FAMILIES: tuple[Family, ...] = (
    Family(name="SmolLM2", parser="hermes", types=frozenset({"llama"}), pattern=r"smollm2"),
    Family(
        name="gpt-oss",
        parser="openai",
        types=frozenset({"gpt_oss"}),
        pattern=r"gpt-oss",
        note="These models always think first: set TASTEGRAPH_LLM_MAX_TOKENS to 2048 or more.",
    ),
    Family(
        name="Qwen3-Coder",
        parser="qwen3_xml",
        types=frozenset({"qwen3_moe", "qwen3_next"}),
        pattern=r"qwen3-coder",
    ),
    Family(
        name="Qwen3.5 and later",
        parser="qwen3_coder",
        types=frozenset({"qwen3_5", "qwen3_5_moe"}),
        pattern=r"qwen3\.[5-9]",
        reasoning="qwen3",
        template_arguments=NO_THINKING,
        flags=("--language-model-only",),
    ),
    Family(
        name="Qwen3 Instruct 2507",
        parser="hermes",
        types=frozenset({"qwen3", "qwen3_moe", "qwen3_next"}),
        pattern=r"qwen3.*instruct",
    ),
    Family(
        name="Qwen3 Thinking 2507",
        parser="hermes",
        types=frozenset({"qwen3", "qwen3_moe", "qwen3_next"}),
        pattern=r"qwen3.*thinking",
        reasoning="qwen3",
        note="These models always think first: set TASTEGRAPH_LLM_MAX_TOKENS to 2048 or more.",
    ),
    Family(
        name="Qwen3",
        parser="hermes",
        types=frozenset({"qwen3", "qwen3_moe"}),
        pattern=r"qwen3(?![.\d])",
        reasoning="qwen3",
        template_arguments=NO_THINKING,
    ),
    Family(
        name="QwQ",
        parser="hermes",
        types=frozenset({"qwen2"}),
        pattern=r"qwq",
        reasoning="deepseek_r1",
        note="These models always think first: set TASTEGRAPH_LLM_MAX_TOKENS to 2048 or more.",
    ),
    Family(name="Qwen2.5", parser="hermes", types=frozenset({"qwen2", "qwen2_moe"}), pattern=r"qwen-?2"),
    Family(name="Hermes", parser="hermes", pattern=r"hermes-[23]"),
    Family(
        name="xLAM on Llama",
        parser="xlam",
        pattern=r"llama-xlam",
        note=_template("tool_chat_template_xlam_llama.jinja"),
    ),
    Family(
        name="xLAM on Qwen",
        parser="xlam",
        pattern=r"xlam",
        note=_template("tool_chat_template_xlam_qwen.jinja"),
    ),
    Family(
        name="Llama 4",
        parser="llama4_pythonic",
        types=frozenset({"llama4", "llama4_text"}),
        pattern=r"llama-?4",
        note=_template("tool_chat_template_llama4_pythonic.jinja"),
    ),
    Family(
        name="Llama 3.1 to 3.3",
        parser="llama3_json",
        types=frozenset({"llama", "mllama"}),
        pattern=r"llama-?3\.[1-3]",
        note=_template("tool_chat_template_llama3.1_json.jinja"),
    ),
    Family(
        name="Ministral 3",
        parser="mistral",
        pattern=r"ministral-3",
        flags=("--tokenizer-mode", "mistral", "--config-format", "mistral", "--load-format", "mistral"),
    ),
    Family(
        name="Mistral",
        parser="mistral",
        types=frozenset({"mistral", "mistral3", "mixtral", "ministral3"}),
        pattern=r"mi(?:ni)?stral|mixtral",
    ),
    Family(name="Granite 4", parser="granite4", types=frozenset({"granitemoehybrid"}), pattern=r"granite-4"),
    Family(name="Granite 20B functions", parser="granite-20b-fc", pattern=r"granite-20b-functioncalling"),
    Family(
        name="Granite 3",
        parser="granite",
        types=frozenset({"granite", "granitemoe"}),
        pattern=r"granite-3",
    ),
    Family(name="DeepSeek V3.2", parser="deepseek_v32", pattern=r"deepseek-v3\.2"),
    Family(
        name="DeepSeek V3.1",
        parser="deepseek_v31",
        pattern=r"deepseek-v3\.1",
        note=_template("tool_chat_template_deepseekv31.jinja"),
    ),
    Family(
        name="DeepSeek R1 distilled",
        parser="hermes",
        pattern=r"deepseek-r1-distill",
        reasoning="deepseek_r1",
        note="vLLM lists no tool calling for these models. Choose another, or set TASTEGRAPH_LLM_TOOL_CHOICE=required.",
    ),
    Family(
        name="DeepSeek V3",
        parser="deepseek_v3",
        pattern=r"deepseek-(?:v3|r1)",
        note=_template("tool_chat_template_deepseekv3.jinja"),
    ),
    Family(
        name="GLM 4.7",
        parser="glm47",
        pattern=r"glm-4\.7",
        reasoning="glm47",
        template_arguments=NO_THINKING,
    ),
    Family(
        name="GLM 4.5 and 4.6",
        parser="glm45",
        pattern=r"glm-4\.[56]",
        reasoning="glm45",
        template_arguments=NO_THINKING,
    ),
    Family(
        name="Phi-4-mini",
        parser="phi4_mini_json",
        types=frozenset({"phi3"}),
        pattern=r"phi-4-mini",
        note=_template("tool_chat_template_phi4_mini.jinja"),
    ),
    Family(
        name="FunctionGemma",
        parser="functiongemma",
        pattern=r"functiongemma",
        note=_template("tool_chat_template_functiongemma.jinja"),
    ),
    Family(
        name="Olmo 3",
        parser="olmo3",
        pattern=r"olmo-?3",
    ),
    Family(
        name="InternLM 2.5",
        parser="internlm",
        types=frozenset({"internlm2"}),
        pattern=r"internlm2",
        note=_template("tool_chat_template_internlm2_tool.jinja"),
    ),
    Family(name="Jamba", parser="jamba", types=frozenset({"jamba"}), pattern=r"jamba"),
    Family(
        name="Apertus",
        parser="apertus",
        pattern=r"apertus",
        note=_template("tool_chat_template_apertus.jinja"),
    ),
)
"""The first that fits counts."""
_TYPED = {
    "gpt_oss": "gpt-oss",
    "qwen2": "Qwen2.5",
    "qwen2_moe": "Qwen2.5",
    "qwen3": "Qwen3",
    "qwen3_moe": "Qwen3",
    "qwen3_5": "Qwen3.5 and later",
    "qwen3_5_moe": "Qwen3.5 and later",
    "llama4": "Llama 4",
    "mistral": "Mistral",
    "mistral3": "Mistral",
    "mixtral": "Mistral",
    "granitemoehybrid": "Granite 4",
    "granite": "Granite 3",
    "granitemoe": "Granite 3",
    "jamba": "Jamba",
    "internlm2": "InternLM 2.5",
}
"""The family where only the type of the model is known: a folder may have any name."""


def family_of(name: str, config: Mapping[str, Any] | None = None) -> Family:
    """Return the family of a model by its folder's or hub name and its config.json; `UNKNOWN` where none fits."""
    model_type = str((config or {}).get("model_type", ""))
    said = str((config or {}).get("_name_or_path", ""))
    for one in (name.casefold(), said.casefold()):
        found = next((family for family in FAMILIES if one and family.fits(one, model_type)), None)
        if found:
            return found
    return next((family for family in FAMILIES if family.name == _TYPED.get(model_type)), UNKNOWN)
