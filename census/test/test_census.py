"""The runner of the census, tried on one application of Python's standard library: `python3 -B census/test/test_census.py`."""
import contextlib
import functools
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

TEST = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(TEST.parent), str(TEST.parent / "runner")]
import asking  # noqa: E402
import census  # noqa: E402
import checker  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
import wire  # noqa: E402
from experiment import Effort, Experiment, truth  # noqa: E402
from host import Host  # noqa: E402
from manifest import Manifest, ManifestError, Variant, all_apps  # noqa: E402

LITTLE = Effort(calm=2, departures=4, half_way=2, grace_s=0.5)
STUB = """
import json, sys
verdicts = [{"code": c, "verdict": v, "detail": "", "runs": 5, "failed": 0} for c, v in VERDICTS.items()]
print(json.dumps({"exitCode": 1, "dialect": "plain", "seconds": 1, "verdicts": verdicts, "asked": sys.argv[1:]}))
"""
QUOTING = """package census;

public class Quoting {
  public static void main(String[] arguments) {
    var all = new StringBuilder("\\"\\\\ %s");
    for (char control = 0; control < ' '; control++) all.append(control);
    System.out.println(Turn.json(all.toString()));
    System.out.println(Turn.json(new Turn.Message("i", all.toString(), "complete")));
  }
}
"""


class Running(unittest.TestCase):
    """One application, started as every other one, all of its variants at the same time."""

    @classmethod
    def setUpClass(cls):
        cls.app = Manifest(TEST / "apps" / "stdlib")
        cls.host = Host(cls.app, "http://127.0.0.1:1/v1")
        cls.host.install()
        with cls.host.running() as base, ThreadPoolExecutor(len(cls.app.variants)) as pool:
            runs = pool.map(lambda variant: Experiment(cls.app, base, variant, LITTLE).run(), cls.app.variants)
        cls.runs = dict(zip((variant.name for variant in cls.app.variants), runs))
        cls.told = {name: truth(run) for name, run in cls.runs.items()}

    def test_givenFaultsThatAreKnown_whenTheExperimentIsMade_thenItSeesEachAndNoOther(self):
        for variant in self.app.variants:
            self.assertEqual([], census.unexpected(variant, self.told[variant.name]), variant.name)

    def test_givenAnAnswerThatIsSavedTwice_whenTheExperimentIsMade_thenItIsSaid(self):
        self.assertEqual({"twice"}, {name for name, told in self.told.items() if told["doubled"]})

    def test_givenAReaderWhoComesBackAtOnce_thenOnlyAPartThatWasSavedIsThere(self):
        self.assertEqual(0, self.told["cancelled"]["refresh"]["n"])

    def test_givenWhatAnEarlierExperimentMeasured_whenItAskedLess_thenItIsMadeAgain(self):
        found = {"stdlib": {"variants": {name: {"experiment": json.loads(json.dumps(run))} for name, run in self.runs.items()}}}
        right = self.app.variant("right")
        self.assertEqual(self.runs["right"]["calm"], census.kept(found, self.app, right)["calm"])
        self.assertIsNone(census.kept(found, self.app, Variant("right", "with another end", ending=["event:done"])))
        self.assertIsNone(census.kept(found, self.app, Variant("new", "not tried yet")))
        del found["stdlib"]["variants"]["right"]["experiment"]["calm"]["copies"]
        self.assertIsNone(census.kept(found, self.app, right))

    def test_givenATruthThatIsNotTheManifests_thenItIsASurprise(self):
        right = self.app.variant("right")
        self.assertEqual(3, len(census.unexpected(right, self.told["cancelled"])))


class Trying(unittest.TestCase):
    """The census from its command line, on one variant, with a checker that says what the test wants."""

    def tried(self, variant, **verdicts):
        app = Manifest(TEST / "apps" / "stdlib")
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            stub = pathlib.Path(folder) / "lastword"
            stub.write_text(f"#!{sys.executable}\n" + STUB.replace("VERDICTS", repr(verdicts)))
            stub.chmod(0o700)
            with mock.patch.object(census, "all_apps", lambda: {app.name: app}):
                with mock.patch.object(census, "Experiment", functools.partial(Experiment, effort=LITTLE)):
                    status = census.main([app.name, "--variant", variant, "--checker", str(stub)])
        return status, said.getvalue()

    def test_givenAVerdictThatIsWrong_whenTheCensusEnds_thenItIsNamedAndTheExitCodeIsOne(self):
        status, said = self.tried("right", LW001="fail", LW003="pass", LW004="pass")
        self.assertEqual((1, "0 of 1 applications as expected; not: stdlib (right: LW001 is wrong)"), (status, said.splitlines()[-1]))

    def test_givenVerdictsThatAreRight_whenTheCensusEnds_thenTheExitCodeIsZero(self):
        status, said = self.tried("right", LW001="pass", LW003="pass", LW004="pass")
        self.assertEqual((0, "1 of 1 applications as expected"), (status, said.splitlines()[-1]))

    def test_givenAShareThatIsMixed_thenTheExperimentLooksCloserAndEitherVerdictIsARace(self):
        status, said = self.tried("raced", LW001="pass", LW003="fail")
        self.assertRegex(said, r"[5-8] of 20 lost; [1-9] of 10 late")
        self.assertIn("LW001~ LW003~", said)
        self.assertEqual(0, status)


class Comparing(unittest.TestCase):
    LOST = {
        "end": [{"n": 4, "of": 4, "by_reset": 2}], "late": [{"n": 2, "of": 2, "ms": 30}], "half": "nothing",
        "looks_whole": {"n": 0, "of": 2}, "refresh": {"n": 0, "of": 2}, "doubled": False,
    }  # fmt: skip

    @staticmethod
    def report(**verdicts):
        return {"exit": 1, "problem": "", "verdicts": {code: {"verdict": verdict} for code, verdict in verdicts.items()}}

    def test_givenVerdictsAsTheTruth_thenTheyAgree(self):
        said = checker.compare(self.LOST, self.report(LW001="fail", LW003="fail", LW004="fail"))
        self.assertEqual({checker.AGREES}, set(said.values()))

    def test_givenALossThatIsCalledClean_thenTheVerdictDiffers(self):
        said = checker.compare(self.LOST, self.report(LW001="pass", LW003="inconclusive", LW004="fail"))
        self.assertEqual({"LW001": checker.DIFFERS, "LW003": checker.NOT_JUDGED, "LW004": checker.AGREES}, said)

    def test_givenARace_thenEitherVerdictIsCountedApart(self):
        race = {**self.LOST, "end": [{"n": 1, "of": 4, "by_reset": 1}], "late": [{"n": 1, "of": 2, "ms": 30}]}
        for verdict in ("pass", "fail"):
            said = checker.compare(race, self.report(LW001=verdict, LW003=verdict))
            self.assertEqual([checker.RACE] * 2, [said["LW001"], said["LW003"]])
        self.assertEqual(checker.NOT_JUDGED, checker.compare(race, self.report(LW001="inconclusive"))["LW001"])

    def test_givenALossByEveryReset_whenNoCloseLoses_thenItIsNoRace(self):
        by_reset = {**self.LOST, "end": [{"n": 2, "of": 4, "by_reset": 2}]}
        by_close = {**self.LOST, "end": [{"n": 3, "of": 4, "by_reset": 1}]}
        for told in (by_reset, by_close):
            self.assertEqual(checker.DIFFERS, checker.compare(told, self.report(LW001="pass"))["LW001"])

    def test_givenTwoEndings_whenTheAnswerIsLateAtTheFirst_thenLW023HasToFail(self):
        late = {**self.LOST, "end": [{"n": 0, "of": 4, "by_reset": 0}] * 2, "late": [{"n": 2, "of": 2, "ms": 30}, {"n": 0, "of": 2, "ms": None}]}
        verdicts = {"LW001": "pass", "LW002": "pass", "LW003": "pass", "LW004": "fail"}
        self.assertEqual(checker.AGREES, checker.compare(late, self.report(**verdicts, LW023="fail"))["LW023"])
        self.assertEqual(checker.DIFFERS, checker.compare(late, self.report(**verdicts, LW023="pass"))["LW023"])
        self.assertNotIn("LW023", checker.compare(late, self.report(**verdicts)), "an earlier checker did not have it")
        self.assertNotIn("LW023", checker.compare(self.LOST, self.report(**verdicts, LW023="pass")), "there is one ending")

    def test_givenAnAnswerThatIsSavedTwice_thenLW024HasToFail(self):
        twice = {**self.LOST, "doubled": True}
        self.assertEqual(checker.AGREES, checker.compare(twice, self.report(LW024="fail"))["LW024"])
        self.assertEqual(checker.DIFFERS, checker.compare(twice, self.report(LW024="pass"))["LW024"])
        self.assertNotIn("LW024", checker.compare(self.LOST, self.report(LW024="fail")), "readers who leave were not counted")

    def test_givenAPartWithoutAnyMark_whenTheCheckerPassesIt_thenItIsNotJudged(self):
        part = {**self.LOST, "half": "part_looks_whole"}
        passed = self.report(LW004="pass")
        self.assertEqual(checker.NOT_JUDGED, checker.compare(part, passed, marked=False)["LW004"])
        self.assertEqual(checker.DIFFERS, checker.compare(part, passed)["LW004"])

    def test_givenACheckerThatSaysNothing_thenNothingIsJudged(self):
        self.assertEqual({checker.NOT_JUDGED}, set(checker.compare(self.LOST, {"verdicts": {}}).values()))

    def test_givenAChecker_whenItIsAsked_thenItGetsTheEndpointAndNoHintOfTheEnding(self):
        app = Manifest(TEST / "apps" / "stdlib")
        with tempfile.TemporaryDirectory() as folder:
            state = pathlib.Path(folder)
            (state / "stub.py").write_text(STUB.replace("VERDICTS", repr({"LW001": "fail"})))
            report = checker.check(app, "http://127.0.0.1:1", "right", state, [sys.executable, str(state / "stub.py")])
            file = json.loads((state / "check-right.yaml").read_text())
        self.assertEqual("fail", report["verdicts"]["LW001"]["verdict"])
        self.assertEqual("http://127.0.0.1:1/right", file["url"])
        self.assertEqual("http://127.0.0.1:1/messages/{{room.json:/id}}", file["verify"])
        self.assertNotIn("terminal", file)

    def test_givenACheckerThatBreaks_thenItsWordsAreTheProblem(self):
        app = Manifest(TEST / "apps" / "stdlib")
        with tempfile.TemporaryDirectory() as folder:
            report = checker.check(app, "http://127.0.0.1:1", "right", pathlib.Path(folder), ["sh", "-c", "echo broken >&2; exit 2"])
        self.assertEqual(("broken", {}), (report["problem"], report["verdicts"]))


class Reading(unittest.TestCase):
    def test_givenAnyPlaceForACut_thenTheEventsAreTheSame(self):
        body = b': hello\r\n\r\nevent: a\r\ndata: one\r\ndata: two\r\n\r\ndata: {"x": ["y"]}\n\ndata: never ended'
        for cut in range(len(body)):
            connection = wire.Connection.__new__(wire.Connection)
            connection.parts = lambda cut=cut: iter([body[:cut], body[cut:]])
            self.assertEqual([("a", "one\ntwo"), ("", '{"x": ["y"]}')], [(event.type, event.data) for event in connection.events()])

    def test_givenNamesOfAnEnding_thenTheRightEventsHaveThem(self):
        event = wire.Event(0, "end", '{"done": true, "why": "stop"}')
        for name in ("event:end", "/done=true", "/why=stop", '{"done": true, "why": "stop"}'):
            self.assertTrue(event.named(name), name)
        for name in ("event:done", "/done=True", "/missing=stop", "[DONE]"):
            self.assertFalse(event.named(name), name)

    def test_givenPartsOfAnAnswer_whenWhatIsSavedIsLookedAt_thenItsLengthAndMarkAreSeen(self):
        said = "You asked: this. It was well."
        whole = asking.seen(200, json.dumps({"status": "complete", "turns": ["this", said]}), said, "/status=complete")
        part = asking.seen(200, json.dumps({"status": "partial", "text": said[:16]}), said, "/status=complete")
        inner = asking.seen(200, json.dumps({"row": json.dumps({"text": said})}), said, "")
        self.assertEqual((len(said), 1, True), (whole.chars, whole.times, whole.marked_whole))
        self.assertEqual((16, 0, False), (part.chars, part.times, part.marked_whole))
        self.assertEqual((len(said), 1), (inner.chars, inner.times))
        self.assertEqual(0, asking.seen(404, said, said, "").chars)


class Shared(unittest.TestCase):
    @unittest.skipUnless(shutil.which("javac") and shutil.which("java"), "needs javac and java in PATH")
    def test_givenAPieceThatHasQuotesAndLineEnds_whenAJavaApplicationSaysIt_thenItIsOneLineOfJson(self):
        said = "".join(["\"\\ %s", *map(chr, range(32))])
        turn = next((TEST.parent / "shared" / "java").rglob("Turn.java"))
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "Quoting.java").write_text(QUOTING)
            subprocess.run(["javac", "-d", folder, turn, f"{folder}/Quoting.java"], check=True, timeout=60)
            lines = subprocess.run(["java", "-cp", folder, "census.Quoting"], capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
        self.assertEqual([{"text": said}, {"id": "i", "text": said, "status": "complete"}], [json.loads(line) for line in lines])


class Manifests(unittest.TestCase):
    def test_givenTheCensus_thenEveryManifestIsRightAndNamesItsDocumentation(self):
        apps = all_apps()
        self.assertGreaterEqual(len(apps), 30)
        for app in apps.values():
            self.assertTrue(app.docs.startswith("https://"), app.name)
            if not app.not_run:
                self.assertTrue(app.variants, app.name)

    def test_givenAKeyThatNobodyKnows_thenFileAndKeyAreNamed(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "census.toml"
            file.write_text('title = "x"\nversion = "1"\nlanguage = "go"\ndocs = ""\ndocs-say = ""\nverfy = ""\n')
            with self.assertRaisesRegex(ManifestError, "census.toml: unknown key 'verfy'"):
                Manifest(folder)


class Reports(unittest.TestCase):
    def test_givenAReportOfALoss_whenItWasNotMeasured_thenThereIsNoReport(self):
        app = Manifest(TEST / "apps" / "stdlib")
        kept = {**Comparing.LOST, "end": [{"n": 0, "of": 4, "by_reset": 0}], "half": "whole"}
        for leave in ("at the end", "half-way"):
            app.report = {"variant": "cancelled", "leave": leave}
            self.assertTrue(report.shown_by(app, Comparing.LOST))
            self.assertFalse(report.shown_by(app, kept))

    def test_givenAMeasurementOfAnApplicationWithOtherEndings_thenThereIsNoReportOfIt(self):
        app = Manifest(TEST / "apps" / "stdlib")
        app.report = {"variant": "cancelled"}
        for endings, known in (["[DONE]"], True), (["event:done", "[DONE]"], False):
            measured = {"truth": Comparing.LOST, "experiment": {"leaves": dict.fromkeys(endings)}}
            self.assertEqual(known, report.complaint(app, {"variants": {"cancelled": measured}}) is not None, endings)

    def test_givenAnApplicationInFolders_whenItIsReported_thenEachFileIsNamedByWhereItLies(self):
        app = all_apps()["spring-webflux"]
        self.assertEqual(["pom.xml", "src/main/java/census/App.java", "src/main/java/census/Turn.java"], list(report.files(app)))

    def test_givenAReport_thenItsScriptIsAProgramAndFillsInEveryPlace(self):
        app = Manifest(TEST / "apps" / "stdlib")
        app.report = {"variant": "cancelled"}
        script = report.script(app)
        compile(script, "leave.py", "exec")
        self.assertIn('known["room.json:/id"] = json.load(', script)
        self.assertIn('line.rstrip() in (b"data: [DONE]", b"data:[DONE]")', script)


class Tables(unittest.TestCase):
    def test_givenAWrongVerdictAndAnApplicationThatDidNotRun_thenTheTablesSayBoth(self):
        app = Manifest(TEST / "apps" / "stdlib")
        report = Comparing.report(LW001="pass", LW003="fail", LW004="fail")
        value = {"truth": Comparing.LOST, "report": report, "compared": checker.compare(Comparing.LOST, report)}
        with tempfile.TemporaryDirectory() as folder:
            results.write(app, {"cancelled": value}, folder=pathlib.Path(folder))
            found = results.read_all(pathlib.Path(folder))
        table = page.markdown({app.name: app, "other": Manifest(TEST / "apps" / "stdlib")}, found)
        self.assertIn("| **4 of 4 lost** | 2 of 2 late, saved 30 ms later | **nothing is kept** |", table)
        self.assertIn("**wrong: LW001**", table)
        self.assertIn("not run yet", table)
        self.assertIn('<span class="bad">wrong: LW001</span>', page.page({app.name: app}, found))

    def test_givenAnApplicationWithAReport_thenThePageLinksItsDocumentationAndTheReport(self):
        app = Manifest(TEST / "apps" / "stdlib")
        app.docs, app.report = "https://example.org/a?b&c", {"variant": "cancelled"}
        value = {"truth": Comparing.LOST, "experiment": {"leaves": {"[DONE]": {}}}}
        found = {app.name: {"not_run": "", "machine": "", "runtime": "", "checker": "", "at": "", "variants": {"cancelled": value, "right": value}}}
        written = page.page({app.name: app}, found)
        self.assertEqual(2, written.count('<a href="https://example.org/a?b&amp;c">An application of the tests 0</a>'))
        self.assertEqual(1, written.count(' (<a href="reports/stdlib.md">report</a>)'))
        self.assertIn('<a href="https://example.org/a?b&amp;c">An application of the tests 0</a>: not run yet', page.page({app.name: app}, {}))


if __name__ == "__main__":
    unittest.main()
