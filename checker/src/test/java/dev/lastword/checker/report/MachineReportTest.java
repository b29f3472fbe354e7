package dev.lastword.checker.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.lastword.checker.scenario.Scenario.Severity;
import dev.lastword.checker.scenario.Verdict.State;
import dev.lastword.checker.template.Json;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.util.Objects;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/** JUnit XML and SARIF, read by the parsers and held against the schemas of those who read them. */
final class MachineReportTest {
  private static String resource(String name) throws Exception {
    try (var in = Objects.requireNonNull(MachineReportTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static Document junit(Report report, Severity least) throws Exception {
    var xml = JunitReport.of(report, least);
    SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
        .newSchema(new StreamSource(new StringReader(resource("junit.xsd"))))
        .newValidator()
        .validate(new StreamSource(new StringReader(xml)));
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(UTF_8)));
  }

  private static Element testcase(Document xml, String code) {
    var cases = xml.getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      var each = (Element) cases.item(i);
      if (each.getAttribute("name").startsWith(code + " ")) {
        return each;
      }
    }
    throw new AssertionError("no test case " + code);
  }

  private static String message(Element testcase, String kind) {
    return ((Element) testcase.getElementsByTagName(kind).item(0)).getAttribute("message");
  }

  @Test
  void givenOneOfEach_whenWrittenAsJunit_thenEachCodeIsATestCase() throws Exception {
    var xml = junit(Reports.hostile(), Severity.MEDIUM);
    var suite = (Element) xml.getElementsByTagName("testsuite").item(0);

    assertThat(suite.getAttribute("tests")).isEqualTo("5");
    assertThat(suite.getAttribute("failures")).isEqualTo("1");
    assertThat(suite.getAttribute("skipped")).isEqualTo("3");
    assertThat(message(testcase(xml, "LW001"), "failure")).contains("</script><script>alert(1)");
    assertThat(message(testcase(xml, "LW008"), "skipped")).startsWith("failed, but its severity");
    assertThat(message(testcase(xml, "LW003"), "skipped")).startsWith("inconclusive: ");
    assertThat(message(testcase(xml, "LW005"), "skipped")).startsWith("not applicable: ");
    assertThat(testcase(xml, "LW014").getChildNodes().getLength()).isZero();
    assertThat(testcase(xml, "LW001").getTextContent()).contains("What to do: advice for LW001");
  }

  @Test
  void givenItCouldNotBeChecked_whenWrittenAsJunit_thenItIsAnError() throws Exception {
    var xml = junit(Reports.report("http://localhost:1/", "nobody listens"), Severity.LOW);
    var error = (Element) xml.getElementsByTagName("error").item(0);

    assertThat(error.getAttribute("message")).isEqualTo("nobody listens");
  }

  private static JsonNode sarif(Report report, Optional<String> source) throws Exception {
    var text = SarifReport.of(report, source);
    var schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_4)
            .getSchema(resource("sarif-2.1.0.json"), InputFormat.JSON);
    assertThat(schema.validate(text, InputFormat.JSON)).isEmpty();
    return Json.parse(text).orElseThrow().path("runs").path(0);
  }

  @Test
  void givenOneOfEach_whenWrittenAsSarif_thenFaultsAreResultsOfTheirRules() throws Exception {
    var run = sarif(Reports.hostile(), Optional.of("src/chat app.py"));
    var rules = run.path("tool").path("driver").path("rules");
    var results = run.path("results");

    assertThat(rules.size()).isEqualTo(5);
    assertThat(results.size()).isEqualTo(2);
    assertThat(results.path(0).path("level").asString()).isEqualTo("error");
    assertThat(results.path(1).path("level").asString()).isEqualTo("note");
    for (var result : results) {
      var rule = rules.path(result.path("ruleIndex").asInt());
      assertThat(rule.path("id")).isEqualTo(result.path("ruleId"));
      assertThat(rule.at("/help/markdown").asString())
          .contains("docs/checks/" + result.path("ruleId").asString());
    }
    assertThat(uri(results.path(0))).isEqualTo("src/chat%20app.py");
    assertThat(run.path("invocations").path(0).path("toolExecutionNotifications").size())
        .isEqualTo(1);
  }

  private static String uri(JsonNode result) {
    return result.at("/locations/0/physicalLocation/artifactLocation/uri").asString();
  }

  @Test
  void givenNoFileIsNamed_whenWrittenAsSarif_thenTheEndpointsPathStandsForIt() throws Exception {
    var chat = Reports.finding("LW001", Severity.HIGH, State.FAIL, "lost");

    var here =
        sarif(Reports.report("http://127.0.0.1:81/v1/{{x}}?a=b", "", chat), Optional.empty());
    var there = sarif(Reports.report("https://a.example/v1/{{x}}", "", chat), Optional.empty());
    var root = sarif(Reports.report("http://127.0.0.1:81", "", chat), Optional.empty());

    assertThat(uri(here.path("results").path(0))).isEqualTo("v1/%7B%7Bx%7D%7D");
    assertThat(uri(root.path("results").path(0))).isEqualTo("endpoint");
    assertThat(here.at("/results/0/partialFingerprints"))
        .isEqualTo(there.at("/results/0/partialFingerprints"))
        .isNotEqualTo(root.at("/results/0/partialFingerprints"));
  }

  @Test
  void givenItCouldNotBeChecked_whenWrittenAsSarif_thenTheInvocationFailed() throws Exception {
    var run = sarif(Reports.report("http://localhost:1/", "nobody listens"), Optional.empty());

    assertThat(run.at("/invocations/0/executionSuccessful").asBoolean(true)).isFalse();
    assertThat(run.path("results").size()).isZero();
  }
}
