"""Tables are made of records, and nothing is compared that differs."""

import pytest

import picture
import report
import run
import tables
from cases import CASES
from results import Measured, against_engine, merged, ratio, read


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
    given = {"case": case, "threads": threads, "precision": precision, "scale": scale}
    return {**given, "duration": CASES[case].duration, "results": results}


RECORDS = [
    record(hand=0.05, engine=0.0575, before=0.1, annarchy=0.5, brian2=0.25),
    record(threads=2, hand=0.04, engine=0.044),
    record(precision="float", hand=0.025, engine=0.03),
    record(scale=0.1, hand=0.004, engine=0.005),
]


def test_ratios_are_those_to_the_hand_written_program():
    table = tables.one_thread(Measured(RECORDS)).splitlines()
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
    row = tables.two_threads(Measured(RECORDS)).splitlines()[2]
    assert "| 1.25 |" in row and "| 1.31 |" in row and "| 1.10 |" in row


def test_threads_that_are_used_and_what_a_call_costs_are_told():
    two = record(threads=2, hand=0.04, engine=0.044, nest=0.4)
    for name, threads in (("hand", 2.0), ("engine", 1.0)):
        two["results"][name]["threads_used"] = threads
    one = record(hand=0.05, engine=0.0575)
    one["results"]["engine"]["call"] = 54.6e-6
    head, _, row = tables.two_threads(Measured([one, two])).splitlines()
    assert "threads used, hand / engine" in head and "| 2 / 1 |" in row
    assert row.endswith("| 10 | 9.09 |"), "NEST against hand, and against the engine"
    assert tables.calls(Measured([one])).splitlines()[2] == f"| {CASES['coba'].title} | 55 |"


def test_single_precision_and_bytes():
    measured = Measured(RECORDS)
    assert "| 0.50 | 0.52 | 1.20 |" in tables.single_precision(measured)
    assert "2 / 12.0" in tables.memory(measured)
    assert "0.250" in tables.stages(measured)


def test_latency_has_wall_seconds_where_no_processor_is_counted():
    measured = Measured([], {"cold, import": {"cpu": 0.25, "wall": 0.5}, "run": {"wall": 1.5}})
    assert tables.latency(measured).splitlines()[2:] == [
        "| cold, import | 0.250 | 0.500 |",
        "| run |  | 1.500 |",
    ]


def test_the_last_record_of_the_same_replaces_earlier_ones():
    measured = Measured([*RECORDS, record(engine=0.1)])
    assert measured.of("coba")["engine"]["cpu"] == 0.1
    assert measured.of("coba")["hand"]["cpu"] == 0.05
    assert ratio(measured.of("coba"), "engine", "hand", "cpu") is None, "they were not measured in turn"
    assert ratio(measured.of("coba"), "annarchy", "hand", "cpu") == pytest.approx(10.0)
    assert measured.scales("coba") == [0.1, 1.0]


def test_only_what_is_between_markers_is_written():
    page = "A\n" + "\n".join(f"<!-- {n} -->\nold\n<!-- end of {n} -->\ntext" for n in tables.SECTIONS)
    new = report.written(page, Measured(RECORDS))
    assert "old" not in new and new.startswith("A\n") and new.count("text") == len(tables.SECTIONS)
    assert report.written(new, Measured(RECORDS)) == new
    with pytest.raises(SystemExit, match="lacks the markers"):
        report.written("nothing", Measured(RECORDS))


def test_the_picture_is_drawn(tmp_path):
    picture.draw(Measured(RECORDS), tmp_path / "p.svg")
    assert (
        "hand-written C++" in (tmp_path / "p.svg").read_text() or (tmp_path / "p.svg").stat().st_size > 5000
    )


def test_the_page_of_the_documentation_is_the_table_of_its_results():
    results = report.DOCS / "performance.json"
    page = (report.DOCS / "performance.md").read_text()
    assert report.written(page, read(results)) == page


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


def test_a_later_pass_replaces_its_own_and_keeps_peers_with_what_they_were_measured_beside():
    later = {"records": [record(hand=0.04, engine=0.042)], "latency": {"run": {"wall": 1.0}}}
    whole = merged([{"records": RECORDS, "machine": {"cores": 2}}, later])
    assert whole["machine"] == {"cores": 2} and whole["latency"] == later["latency"]
    assert merged([whole]) == whole and merged([whole, later]) == whole
    results = Measured(whole["records"]).of("coba")
    assert results["engine"]["cpu"] == 0.042
    assert ratio(results, "brian2", "hand", "cpu") == pytest.approx(5.0)
    assert against_engine(results, "brian2", "cpu") == pytest.approx(5.0 / 1.05)
    assert "before" in results
    faster = {
        "records": [record(hand=0.05, engine=0.05, **dict.fromkeys(("annarchy", "brian2", "before"), 1.0))]
    }
    assert len(merged([whole, faster])["records"]) == len(RECORDS), "nothing is left of the first record"


def test_construction_by_others_is_kept():
    def made(**cpu):
        results = {name: {"cpu": seconds} for name, seconds in cpu.items()}
        return {"pattern": "probability", "size": 9, "synapses": 1e7, "results": results}

    first, second = {"construction": [made(engine=2.0, nest=9.0)]}, {"construction": [made(engine=1.0)]}
    (record,) = merged([first, second])["construction"]
    assert record["results"] == {"engine": {"cpu": 1.0}, "nest": {"cpu": 9.0}}


def test_failures_replace_nothing():
    failed = record(engine=0.06)
    failed["results"]["annarchy"] = {"failure": "no such model"}
    results = Measured(merged([{"records": [*RECORDS, failed]}])["records"]).of("coba")
    assert results["annarchy"]["cpu"] == 0.5


def test_a_large_case_is_a_small_one_of_another_size():
    grown = [
        record(hand=0.05, engine=0.06),
        record(scale=2.0, hand=0.1, engine=0.15),
        record("coba_large", hand=0.6, engine=0.9),
    ]
    measured = Measured(grown)
    assert measured.scales("coba") == [1.0, 2.0, 10.0] and measured.scales("coba_large") == [1.0]
    assert Measured([record("stdp_song_long", engine=1.0)]).of("stdp_song") == {}, "it is longer, not larger"
    (row,) = tables.growth(measured).splitlines()[2:]
    assert row == f"| {CASES['coba'].title} | 2.50 / 2.00 (1.50) | 15 / 12 (1.50) |"


def test_shares_are_those_of_the_bounds_of_the_page_about_hand_written_programs():
    rows = (
        "| `coba` | 20 ms | vectors | 25 ms | 80 % |",
        "| `coba`, scale 10 | 214.5 ms | the same | 295 ms | 73 % |",
    )
    page = "\n".join(rows)
    assert tables.bounds(page) == {"coba": (0.02, "vectors"), "coba_large": (0.2145, "the same")}
    known = tables.bounds(tables.HAND.read_text())
    assert set(known) - {"construction"} == set(CASES)
    bound, what = known["coba"]
    (row,) = tables.shares(Measured([record(hand=2.0 * bound, engine=4.0 * bound)])).splitlines()[2:]
    assert row.endswith(f"| 50 % | 25 % | {what} |")
    short = {**record(hand=bound), "duration": 5.0}
    assert tables.shares(Measured([short])) == "Not measured.", "the bound is that of the whole case"


def test_construction_tells_seconds_and_bytes_of_all():
    results = {
        "hand": {"cpu": 0.013},
        "engine": {"cpu": 0.1, "draw": 0.05, "synapses": 1e7, "bytes": 2.04, "peak": 2.5},
        "nest": {"cpu": 5.0, "synapses": 1e7, "bytes": 54.0, "peak": 60.0},
    }
    made = {"pattern": "probability", "size": 10_000, "synapses": 1e7, "results": results}
    head, _, row = tables.construction(Measured([], construction=[made])).splitlines()
    assert "NEST" in head and "Brian" not in head
    assert row == "| 10 M, probability | 0.013 | 0.050 | 0.10 / 2.0 / 2.5 | 5.00 / 54.0 / 60.0 |"
