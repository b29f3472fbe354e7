package dev.lastword.checker.template;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Text as it stands in a page, however its framework has written it. */
public final class Html {
  private static final Pattern REFERENCE =
      Pattern.compile("&(?:#(\\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,9}));");
  private static final Pattern TAG =
      Pattern.compile("<!--.*?-->|</?([A-Za-z][A-Za-z0-9-]*)[^<>]*>", Pattern.DOTALL);

  /** Tags at which a reader sees another line or cell; text goes on over all others. */
  private static final Set<String> BREAKS =
      Set.of(
          "br",
          "p",
          "div",
          "li",
          "ul",
          "ol",
          "td",
          "th",
          "tr",
          "table",
          "pre",
          "section",
          "article",
          "blockquote",
          "h1",
          "h2",
          "h3",
          "h4",
          "h5",
          "h6",
          "hr",
          "dd",
          "dt",
          "dl");

  /** HTML's names of U+00A0 to U+00FF, in their order. */
  private static final String LATIN_1 =
      "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn"
          + " sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest"
          + " Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave"
          + " Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave"
          + " Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig"
          + " ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute"
          + " ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

  private static final Map<String, Integer> NAMED = named();

  private Html() {}

  private static Map<String, Integer> named() {
    var named = new HashMap<String, Integer>();
    int c = 0xA0;
    for (var name : LATIN_1.split(" ", -1)) {
      named.put(name, c++);
    }
    named.putAll(Map.of("lt", 0x3C, "gt", 0x3E, "quot", 0x22, "apos", 0x27, "amp", 0x26));
    named.putAll(Map.of("ndash", 0x2013, "mdash", 0x2014, "hellip", 0x2026, "bull", 0x2022));
    named.putAll(Map.of("lsquo", 0x2018, "rsquo", 0x2019, "ldquo", 0x201C, "rdquo", 0x201D));
    named.putAll(Map.of("sbquo", 0x201A, "bdquo", 0x201E, "euro", 0x20AC, "trade", 0x2122));
    return Map.copyOf(named);
  }

  /** With the characters that its references stand for; others stay as they are. */
  public static String unescaped(String html) {
    if (html.indexOf('&') < 0) {
      return html;
    }
    var out = new StringBuilder(html.length());
    var reference = REFERENCE.matcher(html);
    int at = 0;
    while (reference.find()) {
      int c = codePoint(reference.group(1), reference.group(2), reference.group(3));
      out.append(html, at, c < 0 ? reference.end() : reference.start());
      if (c >= 0) {
        out.appendCodePoint(c);
      }
      at = reference.end();
    }
    return out.append(html, at, html.length()).toString();
  }

  /** The character, -1 if there is none. */
  private static int codePoint(String decimal, String hex, String name) {
    int c =
        decimal != null
            ? Integer.parseInt(decimal)
            : hex != null ? Integer.parseInt(hex, 16) : NAMED.getOrDefault(name, -1);
    return Character.isValidCodePoint(c) ? c : -1;
  }

  /** What a person reads of it: its tags taken out, with line ends where they break lines. */
  public static String text(String html) {
    var out = new StringBuilder(html.length());
    var tag = TAG.matcher(html);
    int at = 0;
    while (tag.find()) {
      out.append(html, at, tag.start());
      at = tag.end();
      if (tag.group(1) != null && BREAKS.contains(tag.group(1).toLowerCase(Locale.ROOT))) {
        out.setLength(trimmed(out));
        out.append('\n');
        while (at < html.length() && Character.isWhitespace(html.charAt(at))) {
          at++;
        }
      }
    }
    return unescaped(out.append(html, at, html.length()).toString());
  }

  /** Its length without the blanks and the line end of the source before a tag. */
  private static int trimmed(StringBuilder text) {
    int length = text.length();
    while (length > 0 && " \t\r".indexOf(text.charAt(length - 1)) >= 0) {
      length--;
    }
    return length;
  }
}
