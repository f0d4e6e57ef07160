"""Lines in storage."""

import pytest

from shared.batches.batch import LineProblem
from shared.batches.lines import LINES_PER_OBJECT, LineWriter, StoredLine, StoredLines, objects_of
from shared.errors import InternalError, NotFound
from shared.spec.job import JobSpec
from shared.storage.memory import MemoryObjectStore

BATCH = "bat_01"


def write(objects, count):
    writer = LineWriter(objects, "local", BATCH)
    for number in range(1, count + 1):
        writer.write(StoredLine(number, f"id-{number}", JobSpec().model_dump_json()))
    writer.flush()
    return writer


@pytest.mark.parametrize("count", [1, LINES_PER_OBJECT, LINES_PER_OBJECT + 1, 3 * LINES_PER_OBJECT])
def test_each_line_is_found_by_its_number(count):
    objects = MemoryObjectStore()
    assert write(objects, count).stored_objects == objects_of(count)
    lines = StoredLines(objects)
    for number in (1, count):
        assert lines.line("local", BATCH, number).custom_id == f"id-{number}"
    assert lines.line("local", BATCH, count).spec == JobSpec()
    with pytest.raises(NotFound):
        lines.line("local", BATCH, count + 1)


def test_a_line_without_a_job_says_why():
    objects = MemoryObjectStore()
    writer = LineWriter(objects, "local", BATCH)
    writer.write(StoredLine(1, None, None, LineProblem(1, "invalid_json", "no")))
    writer.flush()
    line = StoredLines(objects).line("local", BATCH, 1)
    assert line.problem == LineProblem(1, "invalid_json", "no")
    with pytest.raises(InternalError):
        line.spec  # noqa: B018


def test_deleted_lines_are_gone():
    objects = MemoryObjectStore()
    write(objects, LINES_PER_OBJECT + 1)
    StoredLines(objects).delete("local", BATCH, 2)
    with pytest.raises(NotFound):
        StoredLines(objects).line("local", BATCH, 1)
