package dev.lastword.checker.report;

/** Text as a terminal shows it. What an endpoint said may hold what terminals act upon. */
public final class Terminal {
  private Terminal() {}

  /** With a sign in place of everything that is no text: controls, and marks of direction. */
  public static String shown(String text) {
    return text.chars().allMatch(Terminal::isText)
        ? text
        : text.codePoints()
            .map(c -> isText(c) ? c : 0xFFFD)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }

  private static boolean isText(int c) {
    boolean control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F);
    boolean direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return !control && !direction;
  }
}
