"""OpenCV on the thread that calls it."""

import cv2
import pytest

from worker.process.one_thread import keep_opencv_on_its_thread


@pytest.fixture
def threads():
    """As many as there were, afterwards."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def test_a_process_has_no_threads_of_opencv(threads):
    cv2.setNumThreads(4)
    keep_opencv_on_its_thread()

    assert cv2.getNumThreads() == 1
