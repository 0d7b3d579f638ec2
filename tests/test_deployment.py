"""What can be said of the deployment without an engine: its files, their names, and what would go into a build."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from agent.settings import Settings
from tests.parts import ROOT
from ui.api.config import ApiConfig
from ui.service.mount import ConsoleSettings

MOST_CONTEXT = 40 * 2**20
"""Bytes that a build may be handed; most of them are the adapters of the small models."""
OTHER_NAMES = {"TASTEGRAPH_HOME", "TASTEGRAPH_CACHE"}
"""Names of our own that no class of settings reads."""
INSTRUCTIONS = {
    "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "RUN", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def dockerfile():
    return instructions((ROOT / "Dockerfile").read_text())


def instructions(text):
    """Return the instructions of a Dockerfile as (name, rest): comments out, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = [line.strip().partition(" ") for line in joined.splitlines() if line.strip()]
    return [(name.upper(), " ".join(rest.split())) for name, _, rest in found]


# --- compose -------------------------------------------------------------------------------------------------


def test_the_default_is_the_application_alone(compose):
    profiles = {name: service.get("profiles", []) for name, service in compose["services"].items()}
    assert profiles == {"app": [], "neo4j": ["graph"], "chroma": ["interests"], "vllm": ["model"]}


def test_every_service_can_start_and_says_whether_it_is_well(compose):
    for name, service in compose["services"].items():
        assert service.get("image") or service.get("build"), name
        test = service["healthcheck"]["test"]
        assert test[0] == "CMD", f"{name}: a list needs no shell of the image"
        assert len(test) > 1
        assert not str(service.get("image", "")).endswith(":latest"), name
        assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"]), name
        for other, how in service.get("depends_on", {}).items():
            assert other in compose["services"]
            assert how["required"] is False or not compose["services"][other].get("profiles")


def test_images_and_files_that_are_named_are_right(compose, dockerfile):
    build = compose["services"]["app"]["build"]
    assert (ROOT / build["context"]).resolve() == ROOT
    stages = {rest.split(" AS ")[1] for name, rest in dockerfile if name == "FROM"}
    assert build["target"] in stages
    declared = {rest.split("=")[0] for name, rest in dockerfile if name == "ARG"}
    assert set(build["args"]) <= declared
    for name, service in compose["services"].items():
        # An image of another registry than the usual one would name a host.
        assert not re.match(r"[^/]+\.[^/]+/", service["image"]), name
    lock = (ROOT / "requirements/app.txt").read_text()
    chroma = compose["services"]["chroma"]["image"].partition(":")[2]
    assert f"\nchromadb=={chroma}\n" in lock


def test_ports_are_open_to_this_machine_only(compose):
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    # It has no password of its own.
    assert "ports" not in compose["services"]["chroma"]


def test_volumes_are_declared_and_used(compose):
    used = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert used == set(compose["volumes"])


def test_the_application_is_locked_down(compose, dockerfile):
    app = compose["services"]["app"]
    assert app["read_only"] is True
    assert app["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in app["security_opt"]
    written = {volume.split(":")[1] for volume in app["volumes"]} | {
        one.split(":")[0] for one in app["tmpfs"]
    }
    kept = dict(
        one.split("=", 1)
        for name, rest in dockerfile
        if name == "ENV"
        for one in shlex.split(rest)
        if "=" in one
    )
    folders = [
        kept[name] for name in ("TASTEGRAPH_HOME", "TASTEGRAPH_CACHE", "GRADIO_TEMP_DIR", "MPLCONFIGDIR")
    ]
    for folder in folders:
        assert any(folder == one or folder.startswith(one + "/") for one in written), folder


def test_names_of_settings_are_those_that_the_code_reads(compose):
    known = {f"TASTEGRAPH_{name.upper()}" for name in Settings.model_fields}
    known |= {f"TASTEGRAPH_API_{name.upper()}" for name in ApiConfig.model_fields}
    known |= {f"TASTEGRAPH_SERVICE_{name.upper()}" for name in ConsoleSettings.model_fields}
    for file in ("compose.yaml", "Dockerfile", "deploy/env.example", "docs/deployment.md"):
        named = set(re.findall(r"TASTEGRAPH_[A-Z_0-9]*[A-Z0-9]\b", (ROOT / file).read_text()))
        assert named <= known | OTHER_NAMES, file


def test_the_example_holds_no_secret_and_every_variable_of_compose():
    example = (ROOT / "deploy/env.example").read_text()
    for name, value in re.findall(r"^#?([A-Z_0-9]*(?:PASSWORD|KEY|TOKEN|URL))=(.*)$", example, re.MULTILINE):
        assert value == "" or value.startswith(("http://", "bolt://")), name
    used = set(re.findall(r"\$\{([A-Z_0-9]+)", (ROOT / "compose.yaml").read_text()))
    assert used <= set(re.findall(r"^#?([A-Z_0-9]+)=", example, re.MULTILINE))
    # Copied as it is, it changes nothing.
    assert not re.findall(r"^[A-Z_0-9]+=", example, re.MULTILINE)


def test_the_examples_settings_are_valid(monkeypatch):
    example = (ROOT / "deploy/env.example").read_text()
    for name, value in re.findall(r"^#(TASTEGRAPH_[A-Z_0-9]+)=(.+)$", example, re.MULTILINE):
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.graph.startswith("bolt://neo4j:")
    assert settings.llm_base_url.startswith("http://vllm:")
    assert ApiConfig().rate == "120/minute"


def test_the_secrets_file_is_no_part_of_the_history():
    assert ".env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    if not (ROOT / ".git").exists():
        return
    ignored = subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=ROOT, check=False)
    assert ignored.returncode == 0


# --- Dockerfile ----------------------------------------------------------------------------------------------


def test_the_dockerfile_has_known_instructions_and_two_stages(dockerfile):
    assert {name for name, _ in dockerfile} <= INSTRUCTIONS
    stages = [rest for name, rest in dockerfile if name == "FROM"]
    assert [stage.split(" AS ")[1] for stage in stages] == ["build", "app"]
    for name, rest in dockerfile:
        if name in ("CMD", "ENTRYPOINT", "VOLUME"):
            assert isinstance(yaml.safe_load(rest), list), rest
    copied = [rest for name, rest in dockerfile if name == "COPY" and rest.startswith("--from=")]
    assert all(rest.split()[0] == "--from=build" for rest in copied)


def test_its_shell_lines_are_shell(dockerfile):
    for name, rest in dockerfile:
        if name == "RUN":
            line = re.sub(r"^(--\S+ )+", "", rest)
            checked = subprocess.run(["sh", "-n", "-c", line], capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stderr


def test_it_runs_as_nobody_special_and_looks_after_itself(dockerfile):
    last = max(k for k, (name, _) in enumerate(dockerfile) if name == "FROM")
    final = dict(dockerfile[last:])
    assert final["USER"].partition(":")[0] not in ("", "0", "root")
    assert "/health" in final["HEALTHCHECK"]
    assert yaml.safe_load(final["ENTRYPOINT"]) == ["tastegraph"]
    port = final["EXPOSE"]
    assert f":{port}/health" in final["HEALTHCHECK"]
    shell = [rest for name, rest in dockerfile[last:] if name in ("CMD", "ENTRYPOINT")]
    assert all(rest.startswith("[") for rest in shell), "signals reach the process only without a shell"


def test_its_command_is_one_that_we_have(dockerfile, tmp_path, monkeypatch):
    """On an empty home it must say how to open it, not fall over."""
    from typer.testing import CliRunner

    from ui.cli import app

    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path))
    command = yaml.safe_load(next(rest for name, rest in reversed(dockerfile) if name == "CMD"))
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert "tastegraph password set NAME" in result.output


def test_its_versions_are_the_projects(dockerfile):
    given = dict(rest.split("=", 1) for name, rest in dockerfile if name == "ARG" and "=" in rest)
    makefile = (ROOT / "Makefile").read_text()
    assert f"UV_VERSION := {given['UV_VERSION']}\n" in makefile
    assert given["PYTHON"].startswith("3.11")


# --- what goes into a build ----------------------------------------------------------------------------------


def rules():
    """Return the patterns of .dockerignore in order, as (expression, whether it is left out)."""
    found = []
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        keeps = pattern.startswith("!")
        parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]*\])", pattern.lstrip("!").strip("/"))
        meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        expression = "".join(
            meaning.get(part) or (part if part.startswith("[") else re.escape(part)) for part in parts
        )
        # A pattern that names a folder holds for all that is in it.
        found.append((re.compile(f"{expression}(?:/.*)?"), not keeps))
    return found


def context():
    """Yield what a build would be handed: path within the project, and size in bytes."""
    known = rules()
    for folder, names, files in os.walk(ROOT):
        inside = Path(folder).relative_to(ROOT)
        # Nothing below these comes back by a later pattern; walking them takes long.
        names[:] = [name for name in names if not (inside == Path() and name.startswith("."))]
        for name in files:
            path = (inside / name).as_posix()
            out = False
            for expression, leaves_out in known:
                if expression.fullmatch(path):
                    out = leaves_out
            if not out:
                yield path, (Path(folder) / name).stat().st_size


@pytest.fixture(scope="module")
def handed():
    return dict(context())


def test_nothing_private_and_nothing_large_is_handed_to_a_build(handed):
    assert not [pattern for pattern, leaves_out in rules() if not leaves_out and pattern.match(".git/config")]
    for path in handed:
        parts = path.split("/")
        assert not {".git", ".venv", ".tastegraph", ".cache", "people", "runs", "reports", "tests"} & set(
            parts
        ), path
        assert parts[-1] not in ("secret", "passwords.json", ".env"), path
        assert not path.endswith((".pyc", ".sqlite", ".sqlite3", ".lbug")), path
    assert sum(handed.values()) < MOST_CONTEXT


def test_what_is_copied_is_there_and_handed_to_the_build(handed, dockerfile):
    for name, rest in dockerfile:
        if name != "COPY" or rest.startswith("--from="):
            continue
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(path == source or path.startswith(f"{source}/") for path in handed), source


def test_all_that_the_package_needs_is_in_the_build(handed):
    """Every file of the packages that is kept in the history must get into the image, data files too."""
    packages = ("kg", "recsys", "agent", "ui", "eval")
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", *packages]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        kept = [path for path in told.splitlines() if (ROOT / path).exists()]
    else:
        files = (file for name in packages for file in (ROOT / name).rglob("*") if file.is_file())
        kept = [str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts]
    assert len(kept) > 100
    missing = [path for path in kept if path not in handed]
    assert missing == []


def test_no_registry_is_named():
    for file in ("Dockerfile", "compose.yaml", "deploy/env.example", ".dockerignore"):
        text = (ROOT / file).read_text()
        assert not re.search(r"(?:index-url|registry|https?://(?!127\.0\.0\.1|vllm:|chroma:))", text), file
