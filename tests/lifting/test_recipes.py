import pytest

from lifting.recipes import load_recipe, merge, recipe_names
from posecap.errors import InputError

METHOD = {"d3dp-cm": 6e-5, "mixste-cm": 4e-5}


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_is_valid_and_says_its_name(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.training.epochs or recipe.training.steps


@pytest.mark.parametrize("name", METHOD)
def test_the_method_has_its_published_size_and_optimiser(name):
    recipe = load_recipe(name)
    assert recipe.alignment.name == "cm"
    assert recipe.clips.frames == 243
    assert (recipe.backbone.options["channels"], recipe.backbone.options["depth"]) == (512, 8)
    assert recipe.optimizer.lr == METHOD[name]
    assert (recipe.evaluation.hypotheses, recipe.evaluation.steps) == (1, 1)


@pytest.mark.parametrize("alignment", ["none", "fc", "tf", "cm"])
def test_the_table_of_mpi_inf_3dhp_differs_only_in_the_alignment(alignment):
    recipe = load_recipe(f"mpi_inf_3dhp-{alignment}")
    assert recipe.alignment.name == alignment
    assert (recipe.evaluation.hypotheses, recipe.evaluation.steps) == (1, 1)
    same = {"name", "description", "alignment"}
    assert recipe.model_dump(exclude=same) == load_recipe("d3dp").model_dump(exclude=same)


def test_overrides_change_single_fields():
    recipe = load_recipe("small", ["training.steps=7", "backbone.options.depth=1"], clips={"rate": 25})
    assert recipe.training.steps == 7
    assert recipe.backbone.options["depth"] == 1
    assert recipe.backbone.options["channels"] == 128
    assert recipe.clips.rate == 25


def test_options_do_not_outlive_the_name_they_belong_to():
    base = {"alignment": {"name": "cm", "options": {"blocks": 2}}}
    assert merge(base, {"alignment": {"name": "none"}}) == {"alignment": {"name": "none"}}
    assert merge(base, {"alignment": {"name": "cm"}}) == base


def test_an_unknown_recipe_is_answered_with_near_names():
    with pytest.raises(InputError, match=r"unknown recipe 'smal': did you mean small"):
        load_recipe("smal")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.stps=1", r"small.yaml: training.stps"),
        ("training.batch=0", r"small.yaml: training.batch"),
        ("nonsense", r"expected section.field=value"),
        ("training.steps=[", r"not valid YAML"),
    ],
)
def test_a_bad_override_is_named(override, message):
    with pytest.raises(InputError, match=message):
        load_recipe("small", [override])


def test_a_users_file_may_extend_a_shipped_recipe(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("extends: small\nname: mine\noptimizer: {lr: 0.5}\n")
    recipe = load_recipe(str(path))
    assert recipe.optimizer.lr == 0.5
    assert recipe.optimizer.clip_gradient == 1.0


def test_a_recipe_that_extends_itself_is_refused(tmp_path):
    path = tmp_path / "loop.yaml"
    path.write_text(f"extends: {path}\nname: loop\n")
    with pytest.raises(InputError, match="extends itself"):
        load_recipe(str(path))


def test_recipes_by_path_that_extend_each_other_are_refused(tmp_path, monkeypatch):
    (tmp_path / "one.yaml").write_text("extends: two.yaml\nname: one\n")
    (tmp_path / "two.yaml").write_text("extends: ../x/one.yaml\nname: two\n")
    (tmp_path.parent / "x").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"one.yaml extends two.yaml extends one.yaml"):
        load_recipe("one.yaml")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("backbone.options.frames=9", "backbone.options: 'frames' is no option: it is clips.frames"),
        ("backbone.options.joints=9", "'joints' is no option"),
        ("alignment.options.channels=9", "alignment.options: 'channels' is no option: it is the backbone's"),
    ],
)
def test_what_other_fields_or_the_data_tell_is_no_option(override, message):
    with pytest.raises(InputError, match=message):
        load_recipe("small", [override])


@pytest.mark.parametrize(
    ("override", "sections"),
    [
        ("training.steps=3", {"training": {"steps": 9}}),
        ("alignment.options={heads: 2}", {"alignment": {"options": {"heads": 4}}}),
        ("alignment={name: cm}", {"alignment": {"name": "fc"}}),
    ],
)
def test_a_field_that_is_told_twice_is_refused(override, sections):
    with pytest.raises(InputError, match="tells it already"):
        load_recipe("small", [override], **sections)
    load_recipe("small", ["training.batch=3"], **sections)


def test_the_order_of_overrides_does_not_matter():
    settings = ["backbone.name=d3dp", "backbone.options.channels=16", "backbone.options.heads=2"]
    one, two = load_recipe("small", settings), load_recipe("small", settings[::-1])
    assert one == two
    assert one.backbone.options == {"channels": 16, "heads": 2}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("evaluation.stride=28", "evaluation.stride: 28 is longer than a clip, 27 frames"),
        ("optimizer.betas=[0.9, 1.0]", r"optimizer.betas.1"),
        ("optimizer.lr=.inf", "optimizer.lr"),
        ("clips.rate=1e-9", "clips.rate"),
    ],
)
def test_numbers_that_cannot_be_trained_with_are_refused(override, message):
    with pytest.raises(InputError, match=message):
        load_recipe("small", [override])
