import numpy as np
import torch

from lifting.baselines import BASELINES, fit_linear, fit_mean_pose
from lifting.data import Clips, MemorySource, SequenceData, Windows
from tests.fixtures.clips import make_source


def training_clips(frames=8):
    return Clips(make_source(), Windows(frames), wanted=lambda info: info.split == "train")


def test_the_mean_pose_counts_every_frame_once():
    clips = training_clips()
    poses = []
    for index in clips.chosen:
        data = clips.source.load(index)
        for view in data.views:
            camera = (data.world - view.position) @ view.rotation.T
            poses.append(camera - camera[:, :1])
    predicted = fit_mean_pose(clips)(torch.zeros(2, 3, 17, 3))
    assert predicted.shape == (2, 3, 17, 3)
    np.testing.assert_allclose(predicted[1, 2], np.concatenate(poses).mean(0), atol=1e-6)


def test_the_linear_map_recovers_poses_that_are_linear_in_the_image():
    clips = training_clips()
    random = np.random.default_rng(0)
    flat = []
    for index in range(len(clips.source.infos)):
        data = clips.source.load(index)
        pose_2d = random.uniform(-1, 1, data.views[0].pose_2d.shape).astype(np.float32)
        depth = pose_2d[..., :1] * 0.5 + pose_2d[:, :1, 1:2]
        world = np.concatenate([pose_2d[..., :2], depth], axis=-1)
        view = type(data.views[0])("a", pose_2d, np.eye(3), np.zeros(3))
        flat.append(SequenceData(world, (view, view)))
    source = MemorySource(clips.source.infos, flat, clips.source.mirror_joints)
    linear = Clips(source, Windows(4))
    batch = linear.batch(np.arange(len(linear)))
    predicted = fit_linear(linear, ridge=1e-9)(torch.from_numpy(batch["pose_2d"]))
    np.testing.assert_allclose(predicted, batch["pose_3d"], atol=1e-3)


def test_the_linear_map_beats_the_mean_pose_on_what_it_was_fitted_to():
    clips = training_clips()
    batch = clips.batch(np.arange(len(clips)))
    errors = {}
    for name, fit in BASELINES.items():
        difference = fit(clips)(torch.from_numpy(batch["pose_2d"])).numpy() - batch["pose_3d"]
        errors[name] = (np.linalg.norm(difference, axis=-1).mean(-1) * batch["weight"]).sum()
    assert errors["linear"] < errors["mean pose"]
