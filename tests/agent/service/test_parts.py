"""Policy sections, templates, credentials and claims, each by itself."""

import pytest

from agent.service.evidence import Citation
from agent.service.identify import only_identifies, read_credentials
from agent.service.policy import for_customers, read_sections
from agent.service.templates import all_templates
from agent.service.wording import claims_a_change


def test_sections_have_anchors_and_rows_become_sentences():
    table = "| To | Cost |\n|---|---|\n| Home | €5 |"
    policy = f"# Shop\n\n## Sending {{#ship}}\n\n{table}\n\nWe send fast. You pay.\n\n### Empty\n"
    (section,) = read_sections(policy)
    assert section.anchor == "ship"
    assert section.sentences == ("To Home: Cost €5.", "We send fast.", "You pay.")


def test_customers_are_not_read_what_speaks_to_staff():
    text = (
        "An order can be cancelled if it is pending, and you should check its status before taking the action. "
        "After user confirmation, it is done."
    )
    assert (
        for_customers(Citation(anchor="a", title="A", text=text))
        == "An order can be cancelled if it is pending."
    )


@pytest.mark.parametrize(
    ("text", "email", "name", "postcode", "order"),
    [
        ("Mail me at a.b@c.example about #W2611340.", "a.b@c.example", "", "", "#W2611340"),
        ("My name is James Li, zip 10083", "", "James Li", "10083", ""),
        ("I'm Kaja Dumont, postcode 4341 PW, order FW-100206", "", "Kaja Dumont", "4341 PW", "FW-100206"),
        ("I ordered 2 lamps in 2024", "", "", "", ""),
    ],
)
def test_credentials_are_read_by_form(text, email, name, postcode, order):
    found = read_credentials(text)
    assert (found.email, found.name, found.postcode, found.order) == (email, name, postcode, order)


def test_a_message_may_only_identify():
    assert only_identifies("My email is a.b@c.example")
    assert not only_identifies("My email is a.b@c.example, cancel my order")


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("I have cancelled your order.", True),
        ("Your refund has been issued.", True),
        ("Consider it cancelled.", True),
        ("Nothing has been cancelled yet.", False),
        ("A colleague will check whether it can be cancelled.", False),
        ("An order can only be cancelled if it is pending.", False),
        ("Its status is: delivered.", False),
    ],
)
def test_claims_of_a_change_are_told_from_conditions(sentence, claims):
    assert claims_a_change(sentence) is claims


def test_no_template_claims_a_change():
    for one in all_templates():
        for text in (one.body, one.otherwise, *one.ask):
            for sentence in text.replace("\n", ". ").split(". "):
                assert not claims_a_change(sentence), (one.id, sentence)


def test_each_change_has_a_human_to_make_it():
    assert all(one.to_do and one.policy for one in all_templates() if one.change)
