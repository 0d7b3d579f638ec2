import pytest

from recsys.occasions import SCENES, only_scene, scene_about, scene_of, scene_phrase


@pytest.mark.parametrize(
    ("said", "scene"),
    [
        ("something funny for the kids", "kids"),
        ("We are watching with our two small children", "kids"),
        ("my daughter would love a cartoon; my kids like animals", "kids"),
        ("kid-friendly please", "kids"),
        ("a headset as a gift", "gift"),
        ("I need a birthday present for my brother", "gift"),
        ("a present for my son", "gift"),
        ("a film for date night", "date"),
        ("what could I watch with my wife", "date"),
        ("we are looking for a family movie night film", "family"),
        ("a comedy with my parents", "family"),
        ("something loud with friends", "friends"),
        ("a chair for the office", "work"),
        ("I'm in the mood for a thriller tonight", "tonight"),
        ("tonight with the kids", "kids"),
        ("etwas für die Kinder", "kids"),
        ("algo para los niños", "kids"),
        ("我想和孩子看一部电影", "kids"),
        ("heute Abend etwas Leichtes", "tonight"),
        ("esta noche", "tonight"),
        ("今晚看什么", "tonight"),
        ("now something just for me", "default"),
        ("for myself this time", "default"),
    ],
)
def test_a_scene_is_taken_from_the_words(said, scene):
    assert scene_of(said) == scene


@pytest.mark.parametrize(
    "said",
    [
        "",
        "I hate films with children in them",
        "films about family",
        "a present-day drama",
        "the working class",
        "a film about friendship",
        "Night at the Museum",
        "I love Home Alone",
        "nothing with kid actors",
        "the gifted hands of a surgeon",
    ],
)
def test_what_a_film_is_about_is_no_scene(said):
    assert scene_of(said) is None


def test_every_scene_has_words():
    assert all(scene_phrase(scene) for scene in SCENES)
    assert scene_phrase("default") == ""
    assert scene_phrase("camping") == "for camping"


@pytest.mark.parametrize(
    ("said", "subject", "scene"),
    [
        ("For the kids, no horror", "horror", "kids"),
        ("I like animation for the kids", "Animation", "kids"),
        ("I love horror, but my kids like cartoons", "horror", "default"),
        ("I love horror, but my kids like cartoons", "cartoons", "kids"),
        ("I like comedies, what should I watch tonight?", "comedies", "default"),
        ("I like comedies for tonight", "comedies", "tonight"),
        ("cartoons are great for the kids, and I like horror", "horror", "default"),
        ("nothing named here", "horror", "default"),
        ("", "", "default"),
    ],
)
def test_a_scene_belongs_to_what_is_said_of_it(said, subject, scene):
    assert scene_about(said, subject) == scene


def test_a_scene_alone_is_no_subject():
    assert only_scene("for the kids")
    assert only_scene("as a gift.")
    assert not only_scene("animation for the kids")
    assert not only_scene("horror")
