package dev.lastword.checker.report;

import java.util.regex.Pattern;

/** Text as it stands in HTML. Everything that an endpoint may have said goes through here. */
final class Markup {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern LINK = Pattern.compile("\\[([^\\]]*)]\\([^)]*\\)");

  private static final Pattern BOLD = Pattern.compile("\\*\\*([^*]+)\\*\\*");

  private Markup() {}

  /** For content and for attributes in double quotes. */
  static String escaped(String text) {
    var out = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> append(out, c));
    return out.toString();
  }

  private static void append(StringBuilder out, int c) {
    switch (c) {
      case '&' -> out.append("&amp;");
      case '<' -> out.append("&lt;");
      case '>' -> out.append("&gt;");
      case '"' -> out.append("&quot;");
      case '\'' -> out.append("&#39;");
      default -> out.appendCodePoint(isShown(c) ? c : 0xFFFD);
    }
  }

  /** Control characters and halves of surrogate pairs stand in no document. */
  private static boolean isShown(int c) {
    return (c >= 0x20 && c < 0x7F)
        || c == '\n'
        || c == '\t'
        || (c > 0x9F && (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE && c != 0xFFFF);
  }

  /** As {@link #escaped}, set apart so that its writing direction changes nothing around it. */
  static String foreign(String text) {
    return "<bdi>" + escaped(text) + "</bdi>";
  }

  /** A page of our own: paragraphs, headings and blocks of code, which is all that they have. */
  static String page(String markdown) {
    var html = new StringBuilder();
    var paragraph = new StringBuilder();
    boolean code = false;
    for (var line : markdown.lines().toList()) {
      if (line.startsWith("```")) {
        close(html, paragraph);
        html.append(code ? "</pre>\n" : "<pre>");
        code = !code;
      } else if (code) {
        html.append(escaped(line)).append('\n');
      } else if (line.startsWith("#")) {
        close(html, paragraph);
        html.append("<h4>").append(paragraph(line.replaceFirst("^#+ *", ""))).append("</h4>\n");
      } else if (line.isBlank()) {
        close(html, paragraph);
      } else {
        paragraph.append(paragraph.isEmpty() ? "" : " ").append(line.strip());
      }
    }
    close(html, paragraph);
    return html.toString();
  }

  private static void close(StringBuilder html, StringBuilder paragraph) {
    if (!paragraph.isEmpty()) {
      html.append("<p>").append(paragraph(paragraph.toString())).append("</p>\n");
      paragraph.setLength(0);
    }
  }

  /** A paragraph of our own pages, with its code spans; of links the words are kept. */
  static String paragraph(String markdown) {
    var words = LINK.matcher(markdown).replaceAll("$1");
    var coded = CODE.matcher(escaped(words)).replaceAll("<code>$1</code>");
    return BOLD.matcher(coded).replaceAll("<b>$1</b>");
  }
}
