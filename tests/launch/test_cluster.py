from dataclasses import replace

import pytest

from config.cli import assets, base, cluster, postgres

GIGABYTE = 1024**3


@pytest.mark.parametrize(("memory", "buffers"), [(1, "128MB"), (8, "512MB"), (24, "1536MB"), (256, "2048MB")])
def test_memory_is_shared_out_by_size(tmp_path, memory, buffers):
    values = cluster.settings(5432, tmp_path, memory * GIGABYTE, GIGABYTE, durable=True)
    assert values["shared_buffers"] == buffers
    assert "fsync" not in values


def test_a_small_shared_memory_is_not_relied_on(tmp_path):
    values = cluster.settings(5432, tmp_path, GIGABYTE, 64 * 1024 * 1024, durable=True)
    assert values["dynamic_shared_memory_type"] == "mmap"


def test_only_test_clusters_may_lose_data(tmp_path):
    values = cluster.settings(5432, tmp_path, GIGABYTE, GIGABYTE, durable=False)
    assert values["fsync"] == "off"


def test_only_a_base_of_benches_is_poured_anew(tmp_path):
    """Anything else would lose what is in it."""
    (kept := tmp_path / "var" / "pg" / "data").mkdir(parents=True)
    env = replace(base.real(), data_dir=tmp_path / "var")
    with pytest.raises(ValueError, match="no base of a bench"), postgres.pouring(env):
        pass
    assert kept.exists()


def test_a_quote_in_the_path_does_not_end_the_setting(tmp_path):
    values = cluster.settings(5432, tmp_path / "it's", GIGABYTE, GIGABYTE, durable=True)
    assert values["log_directory"].endswith("it''s'")


@pytest.mark.parametrize(("shown", "version"), [("v20.19.2\n", (20, 19, 2)), ("v24.1.0-nightly", (24, 1, 0)), ("", ()), ("not found", ())])
def test_the_version_of_node_is_read(shown, version):
    assert assets.node_version(shown) == version
