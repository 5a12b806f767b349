"""`zeroskip report`: does the page say what the result or the study says, and does a browser show it?"""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.dse.spaces import TINY
from zeroskip.cli import main
from zeroskip.report.page import Page, Section, Table, render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FIGURE = {"data": [{"type": "scatter", "x": [1, 2], "y": [3, 4], "customdata": [0, 1]}], "layout": {}}


def zs(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def refused(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 2, done.output
    return done.stderr


def data_of(page):
    """The data of a page, as its script reads it."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with a space, its store and what a sweep wrote."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "space.yaml").write_text(yaml.safe_dump(TINY))
    store = f"sqlite:///{folder}/store.db"
    zs("sweep", folder / "space.yaml", "--store", store, "--strategy", "exhaustive", "--out", folder / "out")
    return folder


@pytest.fixture(scope="module")
def pages(study, folder):
    """The pages of a simulation and of a study."""
    zs("report", folder, "-o", study / "result.html")
    zs("report", study / "out", "-o", study / "study.html")
    return {name: study / f"{name}.html" for name in ("result", "study")}


@pytest.mark.golden
def test_the_page_of_a_result_holds_its_numbers(pages, result):
    page = pages["result"].read_text()
    data = data_of(page)
    assert f"{result.total_cycles:,}" in page
    columns, rows = data["table"]["columns"], data["table"]["rows"]
    assert [row[columns.index("name")] for row in rows] == [layer.layer.name for layer in result.layers]
    sections = {section["name"]: section for section in data["sections"]}
    bars = sections["cycles"]["figures"]["cycles"]["data"]
    for index, layer in enumerate(result.layers):
        assert sum(bar["x"][index] for bar in bars) == layer.total_cycles
    busiest = max(result.layers, key=lambda layer: layer.total_cycles)
    assert next(iter(sections["timeline"]["figures"])) == busiest.layer.name
    assert len(sections["timeline"]["figures"]) == len({id(layer.lowered.program) for layer in result.layers})


@pytest.mark.golden
def test_the_timeline_of_a_layer_is_that_of_its_run(pages, result):
    sections = {section["name"]: section for section in data_of(pages["result"].read_text())["sections"]}
    for layer in result.layers:
        figure = sections["timeline"]["figures"].get(layer.layer.name)
        if figure is None or "left out" in figure["layout"]["xaxis"]["title"]["text"]:
            continue
        (busy,) = (bar for bar in figure["data"] if bar["name"] == "busy")
        assert sum(busy["x"]) == sum(queue.busy for queue in layer.timeline.queues)
        break
    else:
        pytest.fail("no timeline is shown whole")


@pytest.mark.golden
def test_the_page_of_a_study_holds_front_and_trials(pages, study):
    record = json.loads((study / "out" / "study.json").read_text())
    data = data_of(pages["study"].read_text())
    columns, rows = data["table"]["columns"], data["table"]["rows"]
    kinds = [row[columns.index("kind")] for row in rows]
    assert kinds.count("front") == len(record["front"]) > 0
    assert kinds.count("baseline") == len(record["baselines"]) > 0
    assert len(rows) == sum(record["trials"].values()) + len(record["baselines"])
    assert [section["name"] for section in data["sections"]] == ["front", "parallel", "importance"]
    assert record["command"] in pages["study"].read_text()


@pytest.mark.golden
def test_a_study_in_the_store_gives_the_same_figures(pages, study):
    zs("report", TINY["name"], "--store", f"sqlite:///{study}/store.db", "-o", study / "stored.html")
    stored, written = (data_of((study / f"{name}.html").read_text()) for name in ("stored", "study"))
    assert stored["table"]["rows"] == written["table"]["rows"]
    assert stored["sections"] == written["sections"]


def test_nothing_is_loaded_from_elsewhere_and_no_name_becomes_markup():
    table = Table(columns=["name"], rows=[["</script><b>"], ["<!--"]])
    section = Section(name="s", title="<i>", text="&", figures={"f": FIGURE})
    page = render(Page(title="<b>", facts={"<a>": "<a>"}, sections=[section], table=table))
    assert data_of(page)["table"]["rows"] == table.rows
    assert "<b>" not in page.replace("</script><b>", "")
    outside = page[: page.index("<script>")] + page[page.rindex("<script>") :]  # all but Plotly
    assert not re.findall(r'(?:src|href)="(?!data:)', outside)


def test_what_cannot_be_a_page_is_refused(tmp_path, folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no folder or file of that name, and no store" in refused("report", "nothing")
    assert "holds neither result.json" in refused("report", tmp_path)
    Path("result.json").write_text("{}")
    assert "not what this version of zeroskip writes" in refused("report", "result.json")
    Path("other.json").write_text("{}")
    assert "expected result.json or study.json" in refused("report", "other.json")
    assert "cannot be written" in refused("report", folder, "-o", "no/such/folder.html")
    record = json.loads((folder / "result.json").read_text())
    record["layers"][0]["cycles"] += 1
    shutil.copytree(folder, "changed")
    Path("changed/result.json").write_text(json.dumps(record))
    assert "another version of zeroskip wrote it; simulate again" in refused("report", "changed")


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="drives the browser")
    if BROWSER is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def opened(browser, pages):
    """Opens a page; at the end nothing may have been reported as wrong, nor anything fetched."""
    wrong, view = [], browser.new_page(viewport={"width": 1280, "height": 2400})
    view.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)

    def open_page(name):
        view.goto(pages[name].as_uri())
        view.wait_for_function("document.getElementById('count').value !== ''")
        return view

    yield open_page
    view.close()
    assert wrong == []


@pytest.mark.smoke
def test_a_browser_draws_a_result_and_a_click_filters(opened, result):
    view = opened("result")
    total = len(result.layers)
    assert view.locator(".js-plotly-plot").count() == 4
    assert view.locator("tbody tr").count() == total
    view.fill("#search", result.layers[0].layer.name)
    assert view.locator("tbody tr").count() < total
    view.fill("#search", "")
    box = view.locator("#cycles .barlayer .point path").first.bounding_box()  # Plotly catches clicks on the plot
    view.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    view.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert view.locator("tbody tr").count() == 1
    view.click("#clear")
    assert view.locator("tbody tr").count() == total
    choice = view.locator("#timeline select")
    other = choice.locator("option").nth(1).inner_text()
    choice.select_option(other)
    assert view.evaluate("document.querySelector('#timeline .figure').layout.xaxis.title.text").startswith("cycle of")


@pytest.mark.smoke
def test_a_browser_draws_a_study_and_brushes_and_axes_work(opened, study):
    view = opened("study")
    rows = view.locator("tbody tr").count()
    values = view.evaluate("document.querySelector('#front .figure').data[1].y")
    view.locator("#front select").nth(1).select_option("kept_weights")
    assert view.evaluate("document.querySelector('#front .figure').data[1].y") != values
    view.evaluate(
        "Plotly.restyle(document.querySelector('#parallel .figure'), {'dimensions[0].constraintrange': [[16, 17]]})"
    )
    view.wait_for_function(f"document.querySelectorAll('tbody tr').length < {rows}")
    assert view.locator("tbody tr").count() == 16
    view.click("#clear")
    assert view.locator("tbody tr").count() == rows
    head = view.locator("thead th", has_text="cycles").first
    head.click()
    index = view.locator("thead th").all_inner_texts().index(head.inner_text())
    cells = [text.replace(",", "") for text in view.locator(f"tbody td:nth-child({index + 1})").all_inner_texts()]
    cycles = [int(text) for text in cells if text]
    assert cycles == sorted(cycles)
