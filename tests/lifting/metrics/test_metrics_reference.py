"""Metrics and losses equal the reference values."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lifting import metrics
from lifting.losses import build_loss
from lifting.losses import mixste as mixste_terms
from lifting.losses import motionbert as motionbert_terms
from lifting.metrics.multi import choose, nearest_reprojection

SCORED = metrics.SCORED_JOINTS_3DHP


@pytest.fixture(scope="module")
def reference(shared):
    return np.load(shared / "reference" / "lifters" / "metrics.npz")


@pytest.fixture(scope="module")
def poses(reference):
    return torch.from_numpy(reference["pred"]).double(), torch.from_numpy(reference["target"]).double()


def test_single_hypothesis_metrics_equal_the_reference(reference, poses):
    pred, target = poses
    found = {
        "mpjpe_f64": metrics.mpjpe(pred, target),
        "p_mpjpe": metrics.p_mpjpe(pred, target),
        "p_mpjpe_reflected": metrics.p_mpjpe(reference["pred_reflected"], target),
        "n_mpjpe_f64": metrics.n_mpjpe(pred, target),
        "mpjve_flattened_f64": metrics.mpjve_across_clips(pred, target),
        "mpjve_per_clip_f64": metrics.mpjve(pred, target),
    }
    for key, value in found.items():
        assert float(value) == pytest.approx(float(reference[key]), rel=1e-6), key
    in_mm = 1000 * metrics.per_joint_mpjpe(pred, target)
    np.testing.assert_allclose(in_mm, reference["per_joint_mpjpe_mm"], rtol=1e-5, atol=1e-6)


def test_losses_equal_the_reference(reference, poses):
    pred, target = poses
    mixste, motionbert = build_loss("mixste")(pred, target), build_loss("motionbert")(pred, target)
    confidence = torch.from_numpy(reference["conf"]).double()
    found = {
        "mixste_weighted_mpjpe": mixste["weighted_mpjpe"],
        "mixste_temporal_consistency": mixste["temporal_consistency"],
        "mixste_velocity": mixste["velocity"],
        "mixste_total_loss": mixste["total"],
        "motionbert_loss_mpjpe": motionbert["mpjpe"],
        "motionbert_n_mpjpe": motionbert["n_mpjpe"],
        "motionbert_loss_velocity": motionbert["velocity"],
        "motionbert_total_3d": motionbert["total"],
        "motionbert_loss_limb_gt": motionbert_terms.limb_length_error(pred, target),
        "motionbert_loss_limb_var": motionbert_terms.limb_length_variance(pred),
        "motionbert_loss_angle": motionbert_terms.angle_error(pred, target),
        "motionbert_loss_angle_velocity": motionbert_terms.angle_velocity_error(pred, target),
        "motionbert_loss_2d_weighted": motionbert_terms.weighted_2d(pred, target, confidence),
    }
    for key, value in found.items():
        assert float(value) == pytest.approx(float(reference[key]), rel=2e-6), key
    np.testing.assert_array_equal(mixste_terms.JOINT_WEIGHTS, reference["mixste_joint_weights"])


@pytest.fixture(scope="module")
def hypotheses(reference):
    poses = torch.from_numpy(reference["mh_pred_raw"]).double()
    poses[..., 0, :] = 0
    return poses, torch.from_numpy(reference["mh_target"]).double()


def test_hypothesis_metrics_equal_the_reference(reference, hypotheses):
    poses, target = hypotheses
    pose_2d = torch.from_numpy(reference["mh_input_2d"]).double()
    choice = nearest_reprojection(torch.from_numpy(reference["mh_reproj_2d"]), pose_2d)
    np.testing.assert_array_equal(choice, reference["J_Agg_choice"])
    np.testing.assert_allclose(choose(poses, choice), reference["J_Agg_pose"], rtol=1e-6, atol=1e-9)
    for align, suffix in ((False, ""), (True, "_p2")):
        found = {
            "J_Best": metrics.j_best(poses, target, align),
            "P_Best": metrics.p_best(poses, target, align),
            "P_Agg": metrics.p_agg(poses, target, align),
            "J_Agg": metrics.j_agg(poses, target, choice, align),
        }
        for key, value in found.items():
            np.testing.assert_allclose(value, reference[key + suffix], rtol=1e-5, err_msg=key + suffix)


def test_best_hypothesis_of_each_clip_equals_the_reference(reference, hypotheses):
    poses, target = hypotheses
    per_clip = np.stack([metrics.p_best(poses[b : b + 1], target[b : b + 1]) for b in range(len(poses))])
    np.testing.assert_allclose(per_clip, reference["P_Best_each_clip_alone"], rtol=1e-5)
    np.testing.assert_allclose(metrics.p_best(poses, target, per_clip=True), per_clip.mean(0), rtol=1e-9)


@pytest.mark.parametrize("metres", [True, False])
def test_pck_and_auc_equal_the_reference_also_at_the_thresholds(reference, metres):
    unit = 0.001 if metres else 1.0
    valid = reference["hp_valid"]
    truth = reference["hp_gt_abs_mm"] - reference["hp_gt_abs_mm"][:, 14:15]
    pred, target = reference["hp_pred_rootrel_mm"] * unit, truth * unit
    thresholds = [1000 * unit * threshold for threshold in metrics.AUC_THRESHOLDS]
    assert float(metrics.mpjpe(pred, target, valid)) == pytest.approx(unit * float(reference["hp_mpjpe"]))
    pck = metrics.pck(pred, target, valid, threshold=150 * unit, joints=SCORED)
    auc = metrics.auc(pred, target, valid, thresholds, SCORED)
    assert float(pck) == pytest.approx(float(reference["hp_pck150"]), rel=1e-12)
    assert float(auc) == pytest.approx(float(reference["hp_auc"]), rel=1e-12)


def test_hypothesis_metrics_of_valid_frames_equal_the_reference(reference, hypotheses):
    poses, target = hypotheses
    valid = torch.from_numpy(reference["mh3_valid"])[..., 0]
    kept = poses.permute(0, 3, 1, 2, 4, 5)[valid].permute(1, 2, 0, 3, 4)[None]
    np.testing.assert_allclose(metrics.p_best(kept, target[valid][None]), reference["mh3_P_Best"], rtol=1e-5)
    np.testing.assert_allclose(metrics.p_agg(kept, target[valid][None]), reference["mh3_P_Agg"], rtol=1e-5)
