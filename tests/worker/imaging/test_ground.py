"""Where a subject stands."""

import numpy as np

from tests.images import assert_close, disc
from worker.imaging.ground import ground_line, lowest_rows


def test_the_lowest_row_of_each_column():
    alpha = np.zeros((10, 4), np.uint8)
    alpha[2:5, 1] = 255
    alpha[9, 2] = 128
    alpha[3, 3] = 127  # not solid
    assert lowest_rows(alpha).tolist() == [-np.inf, 5, 10, -np.inf]


def test_a_table_stands_on_a_level_line_between_its_legs():
    lowest = np.full(50, 20, np.float32)
    lowest[[5, 6, 43, 44]] = 90
    line = ground_line(lowest)
    assert_close(line[5:45], np.full(40, 90.0), most=0.01)
    assert (line >= lowest).all()


def test_a_slope_is_followed_but_not_a_wall():
    slope = np.linspace(100, 90, 60).astype(np.float32)
    assert_close(ground_line(slope), slope, most=0.01)
    wall = np.where(np.arange(60) < 30, 100, 10).astype(np.float32)
    line = ground_line(wall)
    assert line[59] > 85
    assert np.abs(np.diff(line)).max() <= 0.351


def test_the_line_is_never_above_the_subject_and_has_no_dents():
    lowest = lowest_rows(disc(80, 100, 30.0))
    line = ground_line(lowest)
    assert (line >= lowest).all()
    assert np.diff(line, 2).max() < 1e-3


def test_nothing_stands_nowhere():
    assert ground_line(lowest_rows(np.zeros((5, 7), np.uint8))).tolist() == [0.0] * 7
