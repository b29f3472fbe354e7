package dev.lastword.checker;

import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.report.Origin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.jspecify.annotations.Nullable;

/** What a report says about how it was made. Credentials are not written into reports. */
final class Origins {
  private Origins() {}

  /** Of a command line. */
  static Origin of(CommandLine line, Settings settings) {
    var words = new ArrayList<>(line.getArgList().stream().map(Credentials::shown).toList());
    for (var option : line.getOptions()) {
      words.add("--" + option.getLongOpt());
      Arrays.stream(option.getValues() == null ? new String[0] : option.getValues())
          .forEach(value -> words.add(shown(option.getLongOpt(), value)));
    }
    return origin(words, settings);
  }

  /** Of what a program has said, as the command line that says the same. */
  static Origin of(Settings settings) {
    var words = new ArrayList<String>();
    words.add(Credentials.shown(settings.get(CheckFile.URL, "")));
    for (var flag : Flags.values()) {
      for (var value : settings.all(flag.flag())) {
        words.add("--" + flag.flag());
        words.add(shown(flag.flag(), value));
      }
    }
    return origin(words, settings);
  }

  private static Origin origin(List<String> words, Settings settings) {
    var command = new ArrayList<>(List.of("lastword", "check"));
    command.addAll(words);
    var version = Origins.class.getPackage().getImplementationVersion();
    return new Origin(
        version == null ? "built from classes" : version,
        List.copyOf(command),
        Optional.ofNullable(docs(settings)).filter(each -> !each.isBlank()));
  }

  private static @Nullable String docs(Settings settings) {
    var said = settings.get(Flags.DOCS.flag());
    return said == null ? System.getenv("LASTWORD_DOCS") : said;
  }

  private static String shown(String flag, String value) {
    var known = Flags.named(flag);
    if (known.filter(Flags::isHeader).isPresent()) {
      return header(value);
    }
    return known.filter(Flags::isRule).isPresent() ? value : Credentials.shown(value);
  }

  private static String header(String line) {
    int colon = Math.max(0, line.indexOf(':'));
    var value = line.substring(colon + 1).strip();
    var shown = Credentials.shown(line.substring(0, colon).strip(), value);
    return shown.equals(value) ? line : line.substring(0, colon + 1) + " " + shown;
  }
}
