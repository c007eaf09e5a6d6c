"""Tables are made of records, and nothing is compared that differs."""

import pytest

import report
import run
from cases import CASES


def record(case="coba", threads=1, precision="double", scale=1.0, **cpu):
    results = {
        name: {
            "cpu": value,
            "seconds": value,
            "rate": 20.0,
            "synapses": 1000,
            "resident": 12000,
            "peak": 2**21,
            "stages": {"import": {"cpu": 0.25}, "compile": {"cpu": 0.5}},
        }
        for name, value in cpu.items()
    }
    return {"case": case, "threads": threads, "precision": precision, "scale": scale, "results": results}


RECORDS = [
    record(hand=0.05, engine=0.0575, before=0.1, annarchy=0.5, brian2=0.25),
    record(threads=2, hand=0.04, engine=0.044),
    record(precision="float", hand=0.025, engine=0.03),
    record(scale=0.1, hand=0.004, engine=0.005),
]


def test_ratios_are_those_to_the_hand_written_program():
    table = report.one_thread(report.Measured(RECORDS)).splitlines()
    assert len(table) == 3
    cells = dict(
        zip(
            *([cell.strip() for cell in line.strip("|").split("|")] for line in (table[0], table[2])),
            strict=True,
        )
    )
    assert cells["case"] == CASES["coba"].title
    assert cells["engine"] == "1.15" and cells["engine before"] == "2.00"
    assert cells["ANNarchy 4.8.2.6"] == "10" and cells["Brian 2.9"] == "5.00"
    assert cells["fastest peer / engine"] == "4.35"
    assert "NEST 3.10" not in cells, "a column without numbers is no column"


def test_two_threads_are_compared_with_one():
    row = report.two_threads(report.Measured(RECORDS)).splitlines()[2]
    assert "| 1.25 |" in row and "| 1.31 |" in row and "| 1.10 |" in row


def test_single_precision_and_bytes():
    measured = report.Measured(RECORDS)
    assert "| 0.50 | 0.52 | 1.20 |" in report.single_precision(measured)
    assert "2 / 12.0" in report.memory(measured)
    assert "0.250" in report.stages(measured)


def test_latency_has_wall_seconds_where_no_processor_is_counted():
    measured = report.Measured([], {"cold, import": {"cpu": 0.25, "wall": 0.5}, "run": {"wall": 1.5}})
    assert report.latency(measured).splitlines()[2:] == [
        "| cold, import | 0.250 | 0.500 |",
        "| run |  | 1.500 |",
    ]


def test_the_last_record_of_the_same_replaces_earlier_ones():
    measured = report.Measured([*RECORDS, record(engine=0.1)])
    assert measured.of("coba")["engine"]["cpu"] == 0.1
    assert measured.of("coba")["hand"]["cpu"] == 0.05
    assert report.ratio(measured.of("coba"), "engine", "hand", "cpu") is None, (
        "they were not measured in turn"
    )
    assert report.ratio(measured.of("coba"), "annarchy", "hand", "cpu") == pytest.approx(10.0)
    assert measured.scales("coba") == [0.1, 1.0]


def test_only_what_is_between_markers_is_written():
    page = "A\n" + "\n".join(f"<!-- {n} -->\nold\n<!-- end of {n} -->\ntext" for n in report.SECTIONS)
    new = report.written(page, report.Measured(RECORDS))
    assert "old" not in new and new.startswith("A\n") and new.count("text") == len(report.SECTIONS)
    assert report.written(new, report.Measured(RECORDS)) == new
    with pytest.raises(SystemExit, match="lacks the markers"):
        report.written("nothing", report.Measured(RECORDS))


def test_the_picture_is_drawn(tmp_path):
    report.draw(report.Measured(RECORDS), tmp_path / "p.svg")
    assert (
        "hand-written C++" in (tmp_path / "p.svg").read_text() or (tmp_path / "p.svg").stat().st_size > 5000
    )


def test_the_page_of_the_documentation_is_the_table_of_its_results():
    results = report.DOCS / "performance.json"
    page = (report.DOCS / "performance.md").read_text()
    assert report.written(page, report.read(results)) == page


def test_other_rates_are_told():
    results = record(hand=0.05, engine=0.06, nest=1.0)["results"]
    assert run.compared(CASES["coba"], results) == []
    results["nest"]["rate"] = 25.0
    (told,) = run.compared(CASES["coba"], results)
    assert "rate of nest is 25, of the engine 20" in told
    results["hand"]["synapses"] = 1100
    assert len(run.compared(CASES["coba"], results)) == 2


def test_a_failure_is_a_line_of_the_table():
    results = {**record(engine=0.06)["results"], "nest": {"failure": "Traceback\nno such model"}}
    assert any("nest" in line and "no such model" in line for line in run.table("COBA", results, "cpu"))


def test_medians_of_runs_and_the_compilation_of_the_first():
    def measured(cpu, compiled):
        return {
            "cpu": cpu,
            "seconds": cpu,
            "rate": 1.0,
            "stages": {"compile": {"cpu": compiled, "wall": compiled}},
        }

    runs = [measured(c, 0.1) for c in (3.0, 1.0, 2.0)]
    found = run.summarised(measured(9.0, 7.0), runs, True)
    assert found["cpu"] == 2.0
    assert found["stages"]["compile, cold"]["cpu"] == 7.0 and found["stages"]["compile"]["cpu"] == 0.1
    assert "weight" not in found
    assert "compile, cold" not in run.summarised(measured(9.0, 7.0), runs, False)["stages"]
