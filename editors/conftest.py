"""A project with a model, for every editor."""

import shutil

import pytest

from editor_support import environment, train


@pytest.fixture(scope="session")
def trained_project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "project"
    train(folder)
    return folder


@pytest.fixture
def project(tmp_path, trained_project):
    """A copy that the test may change."""
    return shutil.copytree(trained_project, tmp_path / "project")


@pytest.fixture
def variables(tmp_path):
    return environment(tmp_path)
