"""Photos with ground truth."""

from benchmarks.quality.pairs import read_pairs


def test_a_folder_without_a_manifest_has_no_pairs(tmp_path):
    assert read_pairs(tmp_path) == []


def test_a_manifest_is_read_in_its_order(tmp_path):
    (tmp_path / "manifest.csv").write_text(
        "name,gt_kind,image,mask\nb,alpha,images/b.jpg,masks/b.png\na,binary,i,m\n"
    )

    pairs = read_pairs(tmp_path)

    assert [(pair.name, pair.kind) for pair in pairs] == [("b", "alpha"), ("a", "binary")]
    assert pairs[0].image == tmp_path / "images/b.jpg"
