"""What a deployment uploads, built and kept: function code, two layers, the UI's bundle."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from manualchat.aws import wheel
from manualchat.aws.places import cache_folder
from manualchat.aws.words import say

if TYPE_CHECKING:
    from manualchat_infra.assets import Assets
    from manualchat_infra.config import DeploymentConfig

UI_EXTRAS = ("ui", "aws")


def build(
    config: DeploymentConfig,
    *,
    cache: Path | None = None,
    on_step: Callable[[str], None] = lambda _: None,
    layers: bool = True,
) -> Assets:
    """Build all four, or take the layers from the cache when their recipe is the same.

    `layers=False` puts placeholders in the layers' place: for a local AWS, whose
    functions have the libraries already.
    Raises LayerTooLarge, BackendError (no network).
    """
    from manualchat.aws import layer
    from manualchat_infra.assets import Assets, placeholders

    folder = cache_folder(cache) / "aws"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        on_step(say("building_code"))
        code = layer.build_function(folder).path
        stand_ins = placeholders(folder / "placeholders")
        built = {"documents": stand_ins.documents_layer, "query": stand_ins.query_layer}
        for name in built if layers else ():
            built[name] = _layer(name, config, folder, on_step)
        on_step(say("building_ui"))
        ui = _ui_bundle(folder)
    return Assets(code=code, documents_layer=built["documents"], query_layer=built["query"], ui=ui)


def _layer(
    name: str, config: DeploymentConfig, folder: Path, on_step: Callable[[str], None]
) -> Path:
    """Built again when the recipe or the architecture is another."""
    from manualchat.aws import layer

    recipe = layer.recipe(name, config.architecture)
    kept = folder / "layers" / f"{name}-{config.architecture}-{recipe}.zip"
    if not kept.exists():
        on_step(say("building_layer", name=name))
        work = folder / "building" / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        made = layer.build_layer(name, work, architecture=config.architecture)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made.path, kept)
        shutil.rmtree(work, ignore_errors=True)
    size = kept.stat().st_size / 1e6
    on_step(say("layer_ready", name=name, size=f"{size:.1f}"))
    return kept


def _ui_bundle(folder: Path) -> Path:
    """A folder with the wheel and its constraints: the hosts' `pip install`."""
    bundle = folder / "ui"
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir(parents=True)
    wheel.build_wheel(bundle)
    (bundle / "constraints.txt").write_text(wheel.constraints(UI_EXTRAS), "utf-8")
    return bundle
