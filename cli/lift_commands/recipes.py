"""`lift recipes`: what can be trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import FormatOption, JsonOption, chosen_format
from cli.tables import Format, print_json, print_rows

if TYPE_CHECKING:
    from lifting.recipes import Recipe


def recipes(
    name: Annotated[str | None, typer.Argument(help="Show this recipe, or a .yaml file, whole.")] = None,
    output: FormatOption = Format.table,
    json: JsonOption = False,
) -> None:
    """List the recipes, or show one whole, with everything that it leaves to defaults.

    **In**: nothing, or a name. **Out**: a table; with a name the resolved recipe as YAML, ready to be saved
    and changed.

    Example: `lift recipes small`
    """
    from lifting.recipes import load_recipe, recipe_names

    if name is not None:
        data = load_recipe(name).model_dump(mode="json")
        if json:
            print_json(data)
            return
        import yaml

        typer.echo(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), nl=False)
        return
    rows = [_row(load_recipe(known)) for known in recipe_names()]
    print_rows(rows, chosen_format(output, json))


def _row(recipe: Recipe) -> dict[str, str | int]:
    return {
        "recipe": recipe.name,
        "backbone": recipe.backbone.name,
        "frames": recipe.clips.frames,
        "text": recipe.alignment.name,
        "description": recipe.description,
    }
