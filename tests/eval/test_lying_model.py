"""A model that is told to invent is another model with one more line in its rules, and with the same tools."""

from langchain_core.messages import HumanMessage, SystemMessage

from agent.scripted import ScriptedChatModel, call
from agent.tools import ALL_TOOLS
from eval.lying_model import ToldModel


def test_what_it_is_told_stands_in_its_rules_and_its_calls_come_through():
    inner = ScriptedChatModel(policy=lambda messages: call("recommend", include=["Comedy"]))
    told = ToldModel(inner=inner, words="Invent freely.").bind_tools(list(ALL_TOOLS))
    answer = told.invoke([SystemMessage("Rules."), HumanMessage("hi")])
    assert [one["name"] for one in answer.tool_calls] == ["recommend"]
    assert answer.tool_calls[0]["args"] == {"include": ["Comedy"]}
    assert inner.seen[0][0].text == "Rules.\nInvent freely."


def test_without_rules_of_its_own_it_gets_them_alone():
    inner = ScriptedChatModel(["Fine."])
    assert ToldModel(inner=inner, words="Invent.").invoke([HumanMessage("hi")]).text == "Fine."
    assert [message.text for message in inner.seen[0]] == ["Invent.", "hi"]
