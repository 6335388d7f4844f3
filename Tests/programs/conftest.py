"""Models and texts that the tests share."""

import pytest

from program_support import Programs, sentences


@pytest.fixture
def programs(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Programs(home)


@pytest.fixture(scope="session")
def prose(tmp_path_factory):
    """A folder of 40 small files of prose."""
    folder = tmp_path_factory.mktemp("prose")
    lines = list(sentences(1200))
    for number in range(40):
        part = lines[number * 30 : number * 30 + 30]
        (folder / f"page{number:02}.txt").write_text("".join(line.capitalize() + ".\n" for line in part))
    return folder


@pytest.fixture(scope="session")
def token_file(tmp_path_factory):
    """2,000 sentences, a sentence a line."""
    path = tmp_path_factory.mktemp("tokens") / "train.txt"
    path.write_text("".join(line + "\n" for line in sentences(2000)))
    return path


@pytest.fixture(scope="session")
def prose_model(tmp_path_factory, prose):
    """A model of the prose."""
    home = tmp_path_factory.mktemp("trainer")
    path = home / "model"
    Programs(home).train(prose, "--output", path, "--order", 4)
    return path


@pytest.fixture(scope="session")
def token_model(tmp_path_factory, token_file):
    """A model of the token file, order 3."""
    home = tmp_path_factory.mktemp("trainer")
    path = home / "model"
    Programs(home).train("--tokens", token_file, "--output", path, "--order", 3)
    return path
