package dev.lastword.checker.report;

import java.util.regex.Pattern;

/** Text as it stands in HTML. Everything that an endpoint may have said goes through here. */
final class Markup {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern LINK = Pattern.compile("\\[([^\\]]*)]\\([^)]*\\)");

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

  /** A paragraph of our own pages, with its code spans; of links the words are kept. */
  static String paragraph(String markdown) {
    var words = LINK.matcher(markdown).replaceAll("$1");
    return CODE.matcher(escaped(words)).replaceAll("<code>$1</code>");
  }
}
