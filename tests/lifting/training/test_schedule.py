import pytest

from lifting.recipes import ScheduleChoice
from lifting.training.schedule import learning_rate_factor


def test_exponential_falls_by_epoch_only():
    schedule = ScheduleChoice(name="exponential", gamma=0.5)
    assert learning_rate_factor(schedule, 99, 0, 0.3) == 1
    assert learning_rate_factor(schedule, 0, 3, 0.9) == 0.125


def test_cosine_falls_from_one_to_nothing():
    schedule = ScheduleChoice(name="cosine")
    assert [learning_rate_factor(schedule, 5, 0, share) for share in (0, 0.5, 1, 2)] == pytest.approx(
        [1, 0.5, 0, 0]
    )


def test_warm_up_rises_to_the_schedule():
    schedule = ScheduleChoice(name="constant", warmup_steps=4)
    assert [learning_rate_factor(schedule, step, 0, 0) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
