package dev.lastword.checker.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.template.Template;
import dev.lastword.checker.template.Values;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** In which forms an answer is known again. */
final class ExpectationTest {
  private static final String ANSWER =
      "It's \"quoted\", <b>1+1=2</b> & `x`/y;\nGrüße aus Köln – wirklich 😀.";

  private static int found(String shown) {
    return Expectation.ANSWER.found(shown, Values.ofRun("r").with("answer", ANSWER));
  }

  /** The text as a framework writes it, each of its characters that this has in one of two rows. */
  private static String with(String... pairs) {
    var text = ANSWER.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    for (int i = 0; i < pairs.length; i += 2) {
      text = text.replace(pairs[i], pairs[i + 1]);
    }
    return "<!doctype html><html><body><div class=\"answer\">" + text + "</div></body></html>";
  }

  static Stream<Arguments> pages() {
    return Stream.of(
        Arguments.of("PHP, Blade", with("'", "&#039;", "\"", "&quot;")),
        Arguments.of(
            "PHP's htmlentities",
            with("'", "&#039;", "ü", "&uuml;", "ö", "&ouml;", "ß", "&szlig;", "–", "&ndash;")),
        Arguments.of("JSTL", with("'", "&#039;", "\"", "&#034;")),
        Arguments.of("Jinja, Go", with("'", "&#39;", "\"", "&#34;", "+", "&#43;")),
        Arguments.of("Django, React on a server", with("'", "&#x27;", "\"", "&quot;")),
        Arguments.of(
            "Razor",
            with(
                "'",
                "&#x27;",
                "+",
                "&#x2B;",
                "ü",
                "&#xFC;",
                "ö",
                "&#xF6;",
                "ß",
                "&#xDF;",
                "–",
                "&#x2013;",
                "😀",
                "&#x1F600;")),
        Arguments.of(
            "Handlebars, Mustache",
            with("=", "&#x3D;", "`", "&#x60;", "/", "&#x2F;").replace("<&#x2F;", "</")),
        Arguments.of("XML", with("'", "&apos;", " ", "&nbsp;")),
        Arguments.of("nl2br", with("\n", "<br />\n")),
        Arguments.of("linebreaks", with("\n", "<br>")),
        Arguments.of("a paragraph for each line", with("\n", "</p>\n\n  <p>")),
        Arguments.of("React on a server, text beside text", with("'s", "<!-- -->'s")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pages")
  void givenAPage_whenItShowsTheAnswer_thenAllOfItIsFound(String framework, String page) {
    assertThat(found(page)).isEqualTo(-1);
  }

  @Test
  void givenAPageWithAPart_whenLookedAt_thenTheLengthOfThePartIsKnown() {
    assertThat(found(with("'", "&#039;", "&amp; `x`", ""))).isEqualTo(ANSWER.indexOf("& `x`"));
  }

  static Stream<Arguments> data() {
    var json =
        "\"It's \\\"quoted\\\", <b>1+1=2</b> & `x`/y;\\nGr\\u00fc\\u00dfe aus K\\u00f6ln \\u2013 wirklich \\ud83d\\ude00.\"";
    var message = "{\"role\":\"assistant\",\"content\":" + json + "}";
    var inString = message.replace("\\", "\\\\").replace("\"", "\\\"");
    return Stream.of(
        Arguments.of("one document", message),
        Arguments.of("lines", "{\"role\":\"user\",\"content\":\"hello\"}\n" + message + "\n"),
        Arguments.of("lines of a log", "begun\n" + message + "\nended\n"),
        Arguments.of("a column that is JSON", "[{\"id\":7,\"content\":\"[" + inString + "]\"}]"),
        Arguments.of(
            "HTML in a string",
            "{\"html\":\"<p>It&#39;s &#34;quoted&#34;, &lt;b&gt;1&#43;1=2&lt;/b&gt; &amp; `x`/y;<br>Grüße aus Köln – wirklich 😀.</p>\"}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("data")
  void givenData_whenItShowsTheAnswer_thenAllOfItIsFound(String kind, String shown) {
    assertThat(found(shown)).isEqualTo(-1);
  }

  @Test
  void givenAnAnswerThatEndsInHalfACharacter_whenItsOtherHalfIsSavedOrNone_thenItIsFound() {
    var answer = new Expectation(Expectation.Kind.EQUALS, "/t", new Template("{{answer}}"));
    var part = answer.ofPart();
    var half = Values.ofRun("r").with("answer", "so many words \ud83d");
    var replaced = Values.ofRun("r").with("answer", "so many words \ufffd");

    assertThat(part.found("{\"t\":\"so many words \\ufffd\"}", half)).isEqualTo(-1);
    assertThat(part.found("{\"t\":\"so many words \\ud83d\\ude00!\"}", half)).isEqualTo(-1);
    assertThat(part.found("{\"t\":\"so many words \\ud83d\\ude00!\"}", replaced)).isEqualTo(-1);
    assertThat(part.found("{\"t\":\"so many\"}", half)).isNotEqualTo(-1);
  }
}
