package dev.lastword.checker.probe;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which parts of a request say who somebody is, and what of a text is not for others to read. */
public final class Credentials {
  /** What stands in place of one. */
  public static final String LEFT_OUT = "…";

  /** Header fields by which servers, and the APIs of vendors, know who asks. */
  private static final Set<String> HEADERS =
      Set.of(
          "authorization",
          "cookie",
          "proxy-authorization",
          "x-api-key",
          "api-key",
          "apikey",
          "x-goog-api-key",
          "x-functions-key",
          "ocp-apim-subscription-key",
          "x-auth-token",
          "x-access-token",
          "x-amz-security-token");

  /** Words that the names of secrets have, wherever they stand. */
  private static final Set<String> WORDS =
      Set.of(
          "authorization",
          "token",
          "accesstoken",
          "secret",
          "clientsecret",
          "password",
          "passwd",
          "pgpassword",
          "pwd",
          "passphrase",
          "apikey",
          "key",
          "credential",
          "credentials",
          "jwt");

  /** Words that they have in headers, queries and options; in JSON these mean other things too. */
  private static final Set<String> OUTSIDE_OF_JSON =
      Set.of("auth", "cookie", "pass", "session", "sessionid", "sid", "sig", "signature");

  private static final String HARMLESS = "idempotency-key";

  /** Filled in from elsewhere, by a place, by a file or by a shell. */
  private static final Pattern ELSEWHERE =
      Pattern.compile("\\{\\{|\\$\\{|\\$\\(|\\$[A-Z_][A-Z0-9_]*\\b|^" + LEFT_OUT + "$");

  /** Places for what is another word in every run: beside one, a header may hold a secret too. */
  private static final Pattern OF_THE_RUN = Pattern.compile("\\{\\{\\s*(?:run|key)\\s*}}");

  private static final Pattern USER = Pattern.compile("(?<=://)([^/?#\\s'\"]+)(?=@)");

  /** Of a shell's command, such as {@code curl -H "x-api-key: …"}. */
  private static final Pattern HEADER =
      Pattern.compile("(?<=['\"\\s])([A-Za-z][A-Za-z0-9-]*)(:[ \\t]*)([^'\"\\r\\n]+)");

  private static final Pattern MEMBER =
      Pattern.compile(
          "(?<=\")([A-Za-z][A-Za-z0-9_.-]*)(\"\\s*:\\s*\")((?:[^\"\\\\]|\\\\.)+)(?=\")");

  /** Of a query, a form, a shell's assignment or a program's option. */
  private static final Pattern NAMED =
      Pattern.compile("(?<![A-Za-z0-9_.-])(-{0,2}[A-Za-z][A-Za-z0-9_.-]*)(=)([^&#\\s'\";]+)");

  private static final Pattern OPTION =
      Pattern.compile("(?<=[\\s'\"])(--[A-Za-z][A-Za-z0-9-]*)([ \\t]+)([^\\s'\"-][^\\s'\"]*)");

  private Credentials() {}

  /** Whether a header of this name says who asks. */
  public static boolean isHeader(String name) {
    return HEADERS.contains(name.toLowerCase(Locale.ROOT));
  }

  /** The names of those headers. */
  public static List<String> headers() {
    return List.copyOf(HEADERS);
  }

  /** Whether a header of this name holds a secret, as far as a name can tell. */
  public static boolean isSecretHeader(String name) {
    return isHeader(name) || (isNamed(name, false) && !name.equalsIgnoreCase(HARMLESS));
  }

  private static boolean isNamed(String name, boolean inJson) {
    var words =
        Arrays.asList(
            name.replaceAll("(?<=[a-z])(?=[A-Z])", "-")
                .toLowerCase(Locale.ROOT)
                .split("[^a-z0-9]+", -1));
    return inJson
        ? !words.equals(List.of("key")) && words.stream().anyMatch(WORDS::contains)
        : words.stream().anyMatch(each -> WORDS.contains(each) || OUTSIDE_OF_JSON.contains(each));
  }

  /** A header's value as a report shows it. */
  public static String shown(String name, String value) {
    var own = OF_THE_RUN.matcher(value).replaceAll("");
    return isSecretHeader(name) && !own.isBlank() && !isElsewhere(own) ? LEFT_OUT : value;
  }

  /** An address, a body or a command as a report shows it. */
  public static String shown(String text) {
    return without(text, name -> LEFT_OUT);
  }

  /**
   * A text with something else in place of each secret: of who stands ahead of the host in an
   * address, and of what stands behind the name of a secret in a query, in JSON, in an assignment
   * or option of a shell, or in a header there.
   *
   * @param instead makes of a name what takes its value's place
   */
  public static String without(String text, UnaryOperator<String> instead) {
    var safe =
        USER.matcher(text)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        isElsewhere(found.group()) ? found.group() : instead.apply("userinfo")));
    safe = without(safe, HEADER, Credentials::isHeader, instead);
    safe = without(safe, MEMBER, name -> isNamed(name, true), instead);
    safe = without(safe, NAMED, name -> isNamed(name, false), instead);
    return without(safe, OPTION, name -> isNamed(name, false), instead);
  }

  private static String without(
      String text, Pattern pattern, Predicate<String> secret, UnaryOperator<String> instead) {
    return pattern
        .matcher(text)
        .replaceAll(
            found ->
                Matcher.quoteReplacement(
                    secret.test(found.group(1)) && !isElsewhere(found.group(3))
                        ? found.group(1) + found.group(2) + instead.apply(found.group(1))
                        : found.group()));
  }

  private static boolean isElsewhere(String value) {
    return ELSEWHERE.matcher(value).find();
  }

  /** The environment variable that may hold the value of what is named so. */
  public static String variable(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]+", "_").replaceAll("^_", "");
  }
}
